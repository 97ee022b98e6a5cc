"""Everything the Catalog API, and the way to it, can go wrong with.

    CatalogApiError                       `again`, `reached`, Amazon's text, HTTP status, request ID
      CatalogApiThrottled                 again   429
      CatalogApiUnreachable               again   no connection, or STS did not answer: nothing has left
      CatalogApiServerError               again   500, 'Server Error - Retry Recommended'
      CatalogApiOutcomeUnknown            again   502, 503, 504, a time-out, a reset, an answer that cannot be read
      CatalogApiServerErrorFinal                  500, 'Server Error - No Retry'
      InputRefused                                the request is wrong
        UnknownStore                              400, a store ID is incorrect
        StoreOfAnotherRetailer                    400, a store ID is incorrect or another retailer's
        InvalidRequestBody                        400, unknown shape, or a required field is missing
        RequestTooLong                            413
        UnknownIngestion                          400, status: no such ingestion of this retailer
        OtherInputRefused                         any other 3xx or 4xx
      AccessRefused                               the caller is wrong
        RoleNotAllowed                            403, no permission, or not allow-listed
        MissingAuthenticationToken                403, not signed, or a wrong path, stage or method
        InvalidSecurityToken                      403, credentials that AWS does not know
        SecurityTokenExpired                      403, the session is over, and a new one did not help
        SignatureExpired                          403, the clock is wrong, and signing again did not help
        SignatureMismatch                         403, the signature is wrong
        Forbidden                                 401 or 403 of any other kind
        RoleNotAssumable                          STS refused to let us take the role

The state machine sees a class's name and `str(error)` and nothing else: the names of the classes marked `again` stand
in its `Retry`, and `str(error)` is a sentence for people that ends in what to do. `docs/access-refused.md` explains
every AccessRefused.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Reached(StrEnum):
    """Whether the request may have been taken by Amazon."""

    NO = "no"
    """It never left, or was turned away at the gateway (403, 429)."""
    REFUSED = "refused"
    """Amazon read it and said no (400, 413, 500)."""
    MAYBE = "maybe"
    """Nobody knows (502, 503, 504, time-out, reset connection, unreadable answer)."""


@dataclass(frozen=True)
class CallContext:
    """What an error says about the call that failed. Nothing in it is secret, nothing of it is item data."""

    operation: str
    """`catalog`, `cart`, `archive` or `status`."""
    path: str
    """Path of the URL, with the stage."""
    region: str
    """Region that was signed for."""
    role_arn: str
    """The role that was assumed for the call."""


class CatalogApiError(Exception):
    """A call to the Catalog API did not succeed. `str(error)` is a whole sentence that ends in what to do."""

    again: ClassVar[bool] = False
    """Whether another try makes sense. It is safe, too: the Catalog API upserts."""
    usually_reached: ClassVar[Reached] = Reached.MAYBE
    advice: ClassVar[str] = "Look up the request ID with Amazon's support."
    """What to do; may name the fields of CallContext in braces."""

    def __init__(
        self,
        sentence: str,
        *,
        text: str = "",
        http_status: int | None = None,
        request_id: str | None = None,
        error_type: str | None = None,
        reached: Reached | None = None,
    ) -> None:
        super().__init__(sentence)
        self.text = text
        """What Amazon said, without anything secret, 500 characters at the most."""
        self.http_status = http_status
        self.request_id = request_id
        """For Amazon's support."""
        self.error_type = error_type
        """Header `x-amzn-errortype`, e.g. `AccessDeniedException`."""
        self.reached = reached or self.usually_reached


class CatalogApiThrottled(CatalogApiError):
    """429: over Amazon's limit of calls per second."""

    again = True
    usually_reached = Reached.NO
    advice = "Nothing was taken; it is tried again later. If it happens often, lower the setting CALLS_PER_SECOND."


class CatalogApiUnreachable(CatalogApiError):
    """The request never left: no connection to the endpoint, or STS gave no answer."""

    again = True
    usually_reached = Reached.NO
    advice = "Nothing was sent; it is tried again. If it stays so, check the setting CATALOG_API_URL and the network."


class CatalogApiServerError(CatalogApiError):
    """500 'Server Error - Retry Recommended'."""

    again = True
    usually_reached = Reached.REFUSED
    advice = "It is tried again."


class CatalogApiOutcomeUnknown(CatalogApiError):
    """Amazon may have taken the request, but its answer did not come, or could not be read."""

    again = True
    usually_reached = Reached.MAYBE
    advice = "Amazon may have taken the request; it is tried again, which is safe, because an upload overwrites."


class CatalogApiServerErrorFinal(CatalogApiError):
    """500 'Server Error - No Retry'."""

    usually_reached = Reached.REFUSED
    advice = "Another try would fail, too: give the request ID to Amazon's support, then upload the file again."


class InputRefused(CatalogApiError):
    """The request itself is wrong; sent again as it is, it would be refused again. Nothing of it was taken."""

    usually_reached = Reached.REFUSED


class UnknownStore(InputRefused):
    """400: one store ID that Amazon does not know makes it refuse the whole request."""

    advice = (
        "Compare the file's store_id values with the stores that Amazon has set up; "
        "list those in the setting KNOWN_STORE_IDS, so that rows of other stores are rejected one by one."
    )


class StoreOfAnotherRetailer(InputRefused):
    """400: a store ID is incorrect or belongs to another retailer, or archive's list does not name every store."""

    advice = "Correct the store IDs; archive must name every store of the retailer (setting KNOWN_STORE_IDS)."


class InvalidRequestBody(InputRefused):
    """400: unknown shape, or a required field is missing."""

    advice = "Compare a row of the batch with Amazon's item fields; the batch's stored body is what was sent."


class RequestTooLong(InputRefused):
    """413: too many bytes."""

    advice = "Lower the setting MAX_BATCH_BYTES, then upload the file again."


class UnknownIngestion(InputRefused):
    """400 of the status operation: no such ingestion of this retailer."""

    advice = "Amazon does not know this ingestion, or it is another retailer's: check that the role is this retailer's."


class OtherInputRefused(InputRefused):
    """Any other 3xx or 4xx; e.g. more than 10,000 items, or a field over its length (texts not published)."""

    advice = "Correct what Amazon names, then upload the file again; check CATALOG_API_URL and the path {path}, too."


class AccessRefused(CatalogApiError):
    """The caller is refused, whatever the request says: a fault of set-up. Another try only burns the quota."""

    usually_reached = Reached.NO


class RoleNotAllowed(AccessRefused):
    """403 'User: ... is not authorized to perform: execute-api:Invoke on resource: ...'."""

    advice = (
        "Two policies must allow the call: this account's policy of the role {role_arn} must allow execute-api:Invoke "
        "on POST {path}, and Amazon must have allow-listed that role: give its ARN to Amazon."
    )


class MissingAuthenticationToken(AccessRefused):
    """403 'Missing Authentication Token': an unsigned call, or one that the gateway has no method for."""

    advice = (
        "Every call is signed, so the path or the stage is wrong: the call went to POST {path}; compare that with "
        "Amazon's endpoint (settings CATALOG_API_URL, CATALOG_API_STAGE, CATALOG_API_..._PATH)."
    )


class InvalidSecurityToken(AccessRefused):
    """403 'The security token included in the request is invalid': credentials that AWS does not know."""

    advice = (
        "The credentials of the role {role_arn} are not valid at the endpoint: check that role and endpoint are of the "
        "same AWS partition, that {region} is the region Amazon gave, and that the account has that region enabled."
    )


class SecurityTokenExpired(AccessRefused):
    """403 'The security token included in the request is expired', also after the role was assumed once more."""

    advice = "The role {role_arn} was assumed again and still taken for expired: check the clock of this machine."


class SignatureExpired(AccessRefused):
    """403 'Signature expired: ...' or 'Signature not yet current: ...', also after signing once more."""

    advice = "It was signed again with the same result: the clock of this machine is wrong by minutes; set it right."


class SignatureMismatch(AccessRefused):
    """403 'The request signature we calculated does not match ...', or a signature that is not well-formed."""

    advice = (
        "It was signed for region {region}, service execute-api, path {path}: check the setting CATALOG_API_REGION "
        "against the region Amazon gave, and that no proxy changes the request's host, path or body on its way."
    )


class Forbidden(AccessRefused):
    """401, or a 403 that none of the others tells apart, e.g. plain 'Forbidden'."""

    advice = (
        "Amazon does not say why: ask Amazon whether the role {role_arn} is allow-listed, "
        "whether the host of CATALOG_API_URL serves {path}, and whether a firewall (WAF) stands before it."
    )


class RoleNotAssumable(AccessRefused):
    """STS refused AssumeRole: nothing was sent to the Catalog API."""
