"""Pages of a signed link, and others that stand apart from the desk: no session, small forms, a policy of their own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from desk.web.base.security import csp_nonce, csrf


def stand_apart(blueprint: Blueprint, *, biggest_form: int, script: bool = False, told_to_nobody: bool = False) -> None:
    """Makes a blueprint's pages do without cookie, and without script unless `script`.

    CSRF: its routes are exempt because there is no session to abuse. What a form may do follows from the token in its
    own address, or is what anybody may do. `biggest_form` is in bytes. `told_to_nobody` is for pages whose address is
    a key: no other site, no cache and no search engine learns it.
    """
    csrf.exempt(blueprint)
    own = "script-src 'self'; connect-src 'self'; " if script else ""

    @blueprint.url_value_preprocessor
    def keep_small(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        request.max_content_length = biggest_form  # before anything reads the form

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault(  # a file that is handed out is sealed already
            "Content-Security-Policy",
            f"default-src 'none'; style-src 'self' 'nonce-{csp_nonce()}'; {own}img-src 'self' data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        if told_to_nobody:
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
            response.headers["Cache-Control"] = "no-store"
        return response
