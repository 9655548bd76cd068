"""Learning platforms and the tokens that they report with. A token is shown once; its keyed digest is stored."""

from __future__ import annotations

import secrets

from django.utils import timezone

from accounts.crypto import digest
from hours.models import Platform
from hours.wording import format_minute

TOKEN_BYTES = 32
MAX_TOKEN_LENGTH = 200


class TokenProblem(Exception):
    """A token is not valid; the message is a sentence for people."""


def issue_token(platform: Platform) -> str:
    """Replace the platform's token and return the new one, which cannot be read again."""
    token = f"xs_{secrets.token_urlsafe(TOKEN_BYTES)}"
    platform.token_digest, platform.token_tail = _digest(token), token[-4:]
    platform.is_withdrawn, platform.last_used_at = False, None
    platform.save(update_fields=["token_digest", "token_tail", "is_withdrawn", "last_used_at"])
    return token


def withdraw(platform: Platform) -> None:
    """Make the platform's token invalid."""
    platform.is_withdrawn = True
    platform.save(update_fields=["is_withdrawn"])


def authenticate(token: str) -> Platform:
    """Return the platform of a token; raise TokenProblem if the token is unknown, withdrawn or expired."""
    known = Platform.objects.filter(token_digest=_digest(token)) if 0 < len(token) <= MAX_TOKEN_LENGTH else ()
    platform = next(iter(known), None)
    if platform is None:
        raise TokenProblem("令牌不正确。")
    if platform.is_withdrawn:
        raise TokenProblem("令牌已撤回。")
    if is_expired(platform):
        raise TokenProblem(f"令牌已于 {platform.expires_on} 到期。")
    return platform


def record_use(platform: Platform) -> None:
    """Store the current time as the platform's last use."""
    Platform.objects.filter(pk=platform.pk).update(last_used_at=timezone.now())


def is_expired(platform: Platform) -> bool:
    """Whether the platform's last day is over."""
    return platform.expires_on is not None and platform.expires_on < timezone.localdate()


def state_of(platform: Platform) -> str:
    """Return the state of the platform's token for lists."""
    if not platform.token_digest:
        return "无令牌"
    if platform.is_withdrawn:
        return "已撤回"
    if is_expired(platform):
        return "已到期"
    used = f"，最近使用 {format_minute(platform.last_used_at)}" if platform.last_used_at else "，尚未使用"
    return f"有效{used}"


def _digest(token: str) -> str:
    return digest(f"platform:{token}")
