"""Settings of a service process: variables with the prefix JUYANG_, or what an office passes."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One service's settings. Secrets never print."""

    model_config = SettingsConfigDict(env_prefix="JUYANG_", env_file=".env", extra="ignore")

    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="DSN of the service's own application role; sslmode, sslrootcert as in libpq",
    )
    jobs_database_url: SecretStr = Field(
        default=SecretStr(""), description="DSN of the service's jobs role"
    )
    # With a password in it where the brokers want one: it never prints.
    bus: str = Field(
        default="direct",
        repr=False,
        description="`direct`, kafka://host:port[,…] or kafka+tls://user:password@host:port?ca=FILE",
    )
    data: Path = Field(default=Path("~/.juyang"), description="directory of clock, keys and files")
    clock: str = Field(default="data", description="`system`, or `data`: the directory's own date")
    issuer: str = Field(default="juyang-embedded", description="expected `iss` of tokens")
    audience: str = Field(default="juyang", description="expected `aud` of tokens")
    jwks: str = Field(
        default="", description="URL or file of the issuer's public keys; empty: DIR/keys/jwks.json"
    )
    docs: bool = Field(default=True, description="serve the OpenAPI pages")
    app_pool: int = Field(default=8, ge=1)
    jobs_pool: int = Field(default=4, ge=2)
    relay_partitions: int = Field(default=1, ge=1, le=64)
    relay_poll_ms: int = Field(default=200, ge=5)
    relay_batch: int = Field(default=500, ge=1, le=5000)
    outbox_keep_days: int = Field(default=400, ge=1, description="sent letters are kept so long")
    inbox_keep_days: int = Field(default=90, ge=1, description="inbox rows are kept so long")
    run_relay: bool = Field(default=True, description="relay and sealer inside this process")

    @property
    def directory(self) -> Path:
        return self.data.expanduser()
