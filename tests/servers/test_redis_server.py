"""The Redis of the tests is a real one."""

from __future__ import annotations

import redis


def test_a_message_reaches_who_listens(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client, client.pubsub() as heard:
        heard.subscribe("desk")
        assert heard.get_message(timeout=5)["type"] == "subscribe"
        client.publish("desk", "wake up")
        assert heard.get_message(timeout=5)["data"] == b"wake up"
