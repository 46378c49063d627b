"""Real mail servers on loopback: Dovecot keeps mailboxes (IMAP in, LMTP), Postfix takes submissions and delivers."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import signal
import smtplib
import subprocess
import tempfile
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from tests.servers.needs import free_port, listens, require, wait_for

PASSWORD = "mailbox-password"

DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login{mechanisms}
auth_username_format = %Lu
recipient_delimiter = +
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
mail_max_userip_connections = 200
imap_idle_notify_interval = 30 secs
default_vsz_limit = 0
{tokens}passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service auth {{
  unix_listener {folder}/auth-client {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@mail.example
  hostname = mail.example
}}
"""

TOKENS = """passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
"""


class Dovecot:
    """Mailboxes of whoever asks: every user name is an address, and `password` opens all of them. With `provider`, the
    address of one of tests.servers.oauth, its tokens open them too."""

    host = "127.0.0.1"
    password = PASSWORD

    def __init__(self, folder: Path, provider: str = "") -> None:
        require(os.geteuid() == 0, "Dovecot with throw-away mailboxes wants to be started as root")
        require(shutil.which("dovecot"), "there is no Dovecot (Debian: dovecot-imapd, dovecot-lmtpd)")
        version = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
        require(version.startswith("2.3"), f"this configuration is for Dovecot 2.3, not {version.split()[0]}")
        self.folder = folder
        self.imap_port, self.lmtp_port = free_port(), free_port()
        owner = pwd.getpwnam("mail")
        for name in ("run", "mail"):
            (folder / name).mkdir()
        os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
        self._config = folder / "dovecot.conf"
        self._config.write_text(
            DOVECOT.format(
                folder=folder,
                password=PASSWORD,
                imap_port=self.imap_port,
                lmtp_port=self.lmtp_port,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                mechanisms=" xoauth2" if provider else "",
                tokens=TOKENS.format(folder=folder) if provider else "",
            )
        )
        if provider:
            (folder / "oauth2.conf").write_text(
                f"tokeninfo_url = {provider}/tokeninfo?access_token=\nusername_attribute = email\n"
            )
        self.start()

    def start(self) -> None:
        """At once, and again after `kill`: on the same ports, with the mailboxes as they were."""
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(self._config)], stderr=subprocess.DEVNULL, start_new_session=True
        )
        for port in (self.imap_port, self.lmtp_port):
            wait_for(partial(listens, port), f"Dovecot on port {port} ({self.folder}/log says why)")

    @property
    def sasl_socket(self) -> Path:
        return self.folder / "auth-client"

    def deliver(self, user: str, raw: bytes | EmailMessage, sender: str = "somebody@customer.example") -> None:
        """Puts a mail into somebody's mailbox, as a delivery by LMTP."""
        content = raw if isinstance(raw, bytes) else raw.as_bytes(policy=policy.SMTP)
        with smtplib.LMTP(self.host, self.lmtp_port) as lmtp:
            refused = lmtp.sendmail(sender, [user], content)
        assert not refused, refused

    def raw(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The mails of a mailbox as IMAP gives them, oldest first. Reading does not mark them as seen."""
        with imaplib.IMAP4(self.host, self.imap_port) as imap:
            imap.login(user, PASSWORD)
            imap.select(folder, readonly=True)
            _, found = imap.search(None, "ALL")
            mails = []
            for number in found[0].split():
                _, parts = imap.fetch(number.decode(), "(BODY.PEEK[])")
                assert isinstance(parts[0], tuple)
                mails.append(parts[0][1])
        return mails

    def mails(self, user: str, folder: str = "INBOX") -> list[EmailMessage]:
        parsed = [message_from_bytes(raw, policy=policy.default) for raw in self.raw(user, folder)]
        return [mail for mail in parsed if isinstance(mail, EmailMessage)]

    def wait(self, user: str, count: int = 1, seconds: float = 20) -> list[EmailMessage]:
        """Waits until a mailbox holds at least `count` mails, and gives them all."""

        def enough() -> list[EmailMessage]:
            mails = self.mails(user)
            return mails if len(mails) >= count else []

        return wait_for(enough, f"{count} mails in the mailbox of {user}", seconds)

    def kill(self) -> None:
        """Ends all of it at once (kill -9), with every connection."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)
        for port in (self.imap_port, self.lmtp_port):
            wait_for(lambda port=port: not listens(port), "the end of Dovecot")  # type: ignore[misc]

    def number_anew(self, user: str) -> None:
        """Makes a mailbox forget how it numbered its mails, as one does that was restored or moved: another
        UIDVALIDITY, and other UIDs. Dovecot takes the second in which it begins, so that another one has to begin."""
        before = int((self.folder / "mail" / user / "dovecot-uidlist").read_text().split()[1].removeprefix("V"))
        wait_for(lambda: time.time() >= before + 1, "the next second", 5)
        for path in (self.folder / "mail" / user).glob("dovecot*"):
            if path.is_file():
                path.unlink()

    def validity(self, user: str) -> str:
        with imaplib.IMAP4(self.host, self.imap_port) as imap:
            imap.login(user, PASSWORD)
            imap.select("INBOX", readonly=True)
            _, found = imap.response("UIDVALIDITY")
            return found[0].decode() if found[0] else ""

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.example
mydomain = mail.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
smtp_host_lookup = native
alias_maps =
alias_database =
local_recipient_maps =
default_transport = lmtp:inet:127.0.0.1:{lmtp_port}
relay_domains =
transport_maps = hash:{folder}/transport
recipient_delimiter = +
message_size_limit = 83886080
mailbox_size_limit = 0
smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {sasl}
smtpd_peername_lookup = no
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtputf8_enable = yes
queue_run_delay = 2s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
"""

MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A mail server that takes mails on `port` and delivers all of them into Dovecot's mailboxes, but for domains that
    are routed elsewhere (to the desk's own receiver). It asks no name server for anything."""

    host = "127.0.0.1"
    password = PASSWORD

    def __init__(self, folder: Path, dovecot: Dovecot) -> None:
        require(os.geteuid() == 0, "Postfix wants to be started as root")
        require(shutil.which("postfix"), "there is no Postfix (Debian: postfix)")
        self.folder, self.dovecot = folder, dovecot
        self.port = free_port()
        self._config = folder / "config"
        for name in ("config", "queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix", grp.getgrgid(pwd.getpwnam("postfix").pw_gid).gr_name)
        self._routes: dict[str, str] = {}
        (self._config / "main.cf").write_text(
            MAIN_CF.format(folder=folder, lmtp_port=dovecot.lmtp_port, sasl=dovecot.sasl_socket)
        )
        (self._config / "master.cf").write_text(MASTER_CF.format(port=self.port))
        self._write_routes()
        self._call("start")
        wait_for(lambda: listens(self.port), f"Postfix on port {self.port} ({folder}/log says why)")

    def _call(self, command: str) -> None:
        done = subprocess.run(
            ["postfix", "-c", str(self._config), command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"postfix {command}: {done.stdout}{done.stderr}"

    def _write_routes(self) -> None:
        table = self.folder / "transport"
        table.write_text("".join(f"{domain} {route}\n" for domain, route in self._routes.items()))
        subprocess.run(["postmap", "-c", str(self._config), f"hash:{table}"], check=True)

    def route(self, domain: str, port: int, protocol: str = "smtp") -> None:
        """From now on, mails to this domain go to a server on a loopback port, by `smtp` or `lmtp`."""
        self._routes[domain] = f"lmtp:inet:127.0.0.1:{port}" if protocol == "lmtp" else f"smtp:[127.0.0.1]:{port}"
        self._write_routes()
        self._call("reload")

    def send(self, mail: EmailMessage | bytes, sender: str, *recipients: str) -> None:
        """Hands a mail in, as somebody's mail program does."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=policy.SMTP)
        with smtplib.SMTP(self.host, self.port) as smtp:
            refused = smtp.sendmail(sender, recipients, content)
        assert not refused, refused

    def queue(self) -> str:
        """What has not been delivered yet, as `mailq` shows it."""
        return subprocess.run(
            ["postqueue", "-c", str(self._config), "-p"], capture_output=True, text=True, check=False
        ).stdout

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def stop(self) -> None:
        subprocess.run(["postfix", "-c", str(self._config), "abort"], capture_output=True, check=False)


def server_folder(name: str) -> Path:
    """A folder that servers' own users may enter; Unix sockets in it keep short names."""
    folder = Path(tempfile.mkdtemp(prefix=f"desk-{name}-"))
    folder.chmod(0o755)
    return folder
