"""Sessions end. moto gives them an expiry and never looks at it, and takes any duration."""

import datetime
import os

from moto.core.exceptions import _RESTError as HttpError
from moto.core.utils import utcnow
from moto.iam import access_control
from moto.iam.models import iam_backends
from moto.s3.exceptions import S3ClientError
from moto.sts import models, responses
from moto.sts.exceptions import STSValidationError
from moto.utilities.utils import get_partition

# Shorter than AWS allows, so that a test can see a session end.
LONGEST_SECONDS = int(os.environ.get("TRIBUTARY_AWS_SESSION_SECONDS_MAX", "43200"))
SHORTEST_ASKED = 900
CHAINED_LONGEST = 3600


class S3ExpiredToken(S3ClientError):
    def __init__(self):
        super().__init__("ExpiredToken", "The provided token has expired.")


class ExpiredToken(HttpError):
    code = 403

    def __init__(self):
        super().__init__("ExpiredToken", "The security token included in the request is expired")


def install():
    make_role = models.AssumedRole.__init__

    def assumed_role(self, *args, **kwargs):
        make_role(self, *args, **kwargs)
        self.expiration = min(self.expiration, utcnow() + datetime.timedelta(seconds=LONGEST_SECONDS))

    models.AssumedRole.__init__ = assumed_role

    check_signature = access_control.IAMRequestBase.check_signature

    def check_signature_and_age(self):
        check_signature(self)
        sessions = models.sts_backends[self.account_id][get_partition(self._region)]
        session = sessions.get_assumed_role_from_access_key(self._access_key._access_key_id)
        if session and session.expiration <= utcnow():
            raise S3ExpiredToken() if isinstance(self, access_control.S3IAMRequest) else ExpiredToken()

    access_control.IAMRequestBase.check_signature = check_signature_and_age

    assume_role = responses.TokenResponse.assume_role

    def assume_role_for_a_while(self):
        check_duration(self)
        return assume_role(self)

    responses.TokenResponse.assume_role = assume_role_for_a_while


def check_duration(request):
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, DurationSeconds."""
    seconds = int(request._get_param("DurationSeconds") or CHAINED_LONGEST)
    role_arn = request._get_param("RoleArn")
    role = iam_backends[role_arn.split(":")[4]][get_partition(request.region)].get_role_by_arn(role_arn)
    longest = int(role.max_session_duration or CHAINED_LONGEST)
    chained = request.get_access_key().startswith("ASIA")
    if seconds < SHORTEST_ASKED:
        raise STSValidationError(f"DurationSeconds must be at least {SHORTEST_ASKED}.")
    if seconds > longest:
        raise STSValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if chained and seconds > CHAINED_LONGEST:
        raise STSValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
