"""The application object and the Socket.IO server, and nothing else."""

from desk.app import create_app

app = create_app()
socketio = app.extensions["socketio"]
