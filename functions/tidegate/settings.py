"""Settings of a function, from its environment, read once, on first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tidegate.errors import ConfigurationError
from tidegate.model import Mode, Severity, Unanswered


def _split(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _words(value: object) -> object:
    return _split(value) if isinstance(value, str) else value


def _pairs(value: object) -> object:
    return dict(word.partition("=")[::2] for word in _split(value)) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Multipliers = Annotated[dict[str, Annotated[float, Field(ge=0.5)]], BeforeValidator(_pairs)]  # logit_probe=1.5,...


class Settings(BaseModel):
    """One field per environment variable `TIDEGATE_<FIELD>`. The template sets only what a function needs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: str = "tidegate"
    region: str = ""

    # stores
    caller_table: str = ""
    delivery_table: str = ""
    snapshot_table: str = ""
    incident_table: str = ""
    ledger_table: str = ""
    approval_table: str = ""
    quota_table: str = ""
    log_bucket: str = ""
    outbox_bucket: str = ""
    evidence_bucket: str = ""
    finding_queue_url: str = ""
    notification_topic: str = ""  # ARN
    notice_queue_url: str = ""  # where what people are to be told is handed over
    notice_table: str = ""

    # state machines and schedules (ARNs, names)
    respond_state_machine: str = ""
    release_state_machine: str = ""
    schedule_group: str = ""
    schedule_role: str = ""  # ARN that EventBridge Scheduler assumes to start `release`

    # index
    opensearch_endpoint: str = ""  # https://...; empty: no index, documents stay in the outbox
    opensearch_service: str = "es"  # es or aoss; none: unsigned, for a node on loopback
    prompt_index: Literal["off", "redacted", "redacted-with-originals"] = "off"

    # who is who
    end_user_keys: Words = ("user", "user_id", "userId", "end_user", "endUser", "sub")
    pipeline_principals: Words = ()  # kind:value or ARN patterns that may change models
    watched_buckets: Words = ()  # that models are trained on or answer from
    own_resources: Words = ()  # ids of our own that don't begin with the stack's name: keys, a domain
    protected_principals: Words = ()  # refuse list, besides root, service-linked and our own roles
    containment_policy: str = ""  # id of a service control policy that is attached already, for the last step
    address_set: str = ""  # ARN of the WAFv2 IP set that the applications' web ACLs block
    user_pool: str = ""  # id of the Cognito user pool whose users are the end users
    identity_center: bool = False  # this account administers IAM Identity Center
    gateway_keys: bool = False  # API Gateway keys carry the end user as customer id or name
    rotated_secrets: Words = ()  # beginnings of the names of secrets that may be rotated
    model_pointers: Words = ()  # SSM parameters that name a model, and appconfig/APPLICATION/ENVIRONMENT
    join_minutes: int = Field(default=90, ge=1, le=1440)  # an invocation and its CloudTrail event wait for each other
    rules_parameters: str = ""  # SSM path of allow-lists and budgets

    # the responder's page
    console_claim: str = "sub"  # claim of the JWT that names the person, for the record of decisions
    console_groups_claim: str = "cognito:groups"
    console_deciders: Words = ()  # patterns of names, ARNs or groups that may approve and undo; empty: all let in

    # at an application's door
    authorizer: Literal["check", "charge"] = "check"  # only look, or take one call of the quota for each request
    authorizer_issuer: str = ""  # https://... of the tokens; empty: the end user is named by a header
    authorizer_audience: str = ""
    authorizer_claim: str = "sub"
    authorizer_header: str = "x-end-user"  # set by the application's own gateway
    authorizer_when_away: Literal["refuse", "let"] = "refuse"  # while DynamoDB doesn't answer
    end_user_calls_per_minute: int = Field(default=60, ge=1)  # of whom no [[end_user]] of the rules names

    # who is told, and where
    channels: Words = ()  # slack, security_hub, security_ir
    tell_from: Severity = Severity.MEDIUM  # incidents below it are told by no channel
    case_from: Severity = Severity.CRITICAL  # that become a case of Security Incident Response
    slack_secret: str = ""  # ARN
    slack_channel: str = ""  # id; needed with a bot's token
    slack_api: str = "https://slack.com/api"
    security_hub_product: str = ""  # ARN of the account's default product
    case_resolver: Literal["Self", "AWS"] = "Self"
    console_url: str = ""  # of the responder's page, without a path

    # decisions
    response_mode: Mode = Mode.OBSERVE
    throttle_caller_mode: Mode | None = None  # None: response_mode
    rotate_credentials_mode: Mode | None = None
    roll_back_model_mode: Mode | None = None
    restore_guardrails_mode: Mode | None = None
    contain_exfiltration_mode: Mode | None = None
    surge_guardrail: str = ""  # GUARDRAIL:VERSION that restore_guardrails enforces while an incident is open
    reach_limit: int = Field(default=5, ge=0)  # more other callers than this: auto becomes approve
    uncounted_auto: bool = False  # act without asking where nobody can count, on one end user or one key only
    containments_per_hour: int = Field(default=20, ge=0)  # of one kind of caller, by itself; then a person is asked
    messages_per_hour: int = Field(default=60, ge=1)  # to people; as many requests for approval on top
    flood_incidents: int = Field(default=20, ge=1)  # end users of one principal in an hour that get one of their own
    trusted_gateways: Words = ()  # kind:NAME patterns whose requestMetadata names end users; empty: all are believed
    containment_minutes: int = Field(default=60, ge=1, le=10080)
    delete_stopped_keys_days: int = Field(default=7, ge=0, le=90)  # after a stolen key was stopped; 0: never
    approval_minutes: int = Field(default=30, ge=1, le=1440)
    unanswered_critical: Unanswered = Unanswered.ASK_AGAIN  # what a critical plan does when nobody answers

    # budgets of quota_abuse, per caller; 0: no budget, own baseline only
    calls_per_hour: int = Field(default=600, ge=0)
    tokens_per_hour: int = Field(default=1_000_000, ge=0)
    calls_per_day: int = Field(default=0, ge=0)
    tokens_per_day: int = Field(default=0, ge=0)
    dollars_per_day: float = Field(default=0, ge=0)
    own_baseline_times: float = Field(default=1.0, ge=0)  # of the limit of a caller's own baseline; 0: not asked
    learned_budgets: bool = False  # the budgets are a calibration's: who is within its own baseline isn't held to them
    counting_multipliers: Multipliers = {}  # by rule or detector: times its threshold that pass

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises ConfigurationError naming the variable and what is wrong with it."""
        prefix = "TIDEGATE_"
        given = {
            name.removeprefix(prefix).lower(): value
            for name, value in environment.items()
            if name.startswith(prefix) and value != ""
        }
        given.setdefault("region", environment.get("AWS_REGION", ""))
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = "; ".join(f"{prefix}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors() if e["loc"])
            raise ConfigurationError(
                f"environment: {wrong}. Correct the function's variables in template.yaml."
            ) from error

    def mode_of(self, playbook: str) -> Mode:
        own: Mode | None = getattr(self, f"{playbook}_mode", None)
        return own or self.response_mode

    def need(self, field: str) -> str:
        """A setting this function can't work without."""
        value = getattr(self, field)
        if not value:
            raise ConfigurationError(
                f"TIDEGATE_{field.upper()} is not set: the function's variables in template.yaml lack it."
            )
        return str(value)
