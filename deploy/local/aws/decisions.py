"""Who may do what. moto skips a condition whose key is missing, and looks for a role in the caller's account only; of a
bucket's policy it reads no condition, and no principal but everyone."""

import threading

from moto.iam import access_control
from moto.iam.models import Policy, iam_backends
from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition

import policies


# The request that this thread answers: what its caller may do beside what was asked.
caller_of = threading.local()


def install():
    access_control.IAMRequestBase.check_action_permitted = check_action_permitted
    FakeBucket.get_permission = lambda self, action, resource: access_control.PermissionResult.NEUTRAL


def check_action_permitted(request, resource):
    """What the caller's own policies allow, and for AssumeRole what the role's trust policy allows as well."""
    action = request._action
    if action == "sts:GetCallerIdentity":
        return
    key = request._access_key
    caller = key.arn
    context = {
        "aws:PrincipalArn": caller,
        "aws:PrincipalAccount": request.account_id,
        "aws:SecureTransport": "false",
        **external_id(request),
    }
    own = [document_of(policy) for policy in key.collect_policies()]
    session = session_policy(request)

    def may(action, resource):
        allowed = policies.decide(own, action, resource, context=context)
        return allowed and (not session or policies.decide([session], action, resource, context=context))

    caller_of.may = may
    permitted = may(action, resource) and not denied_by_bucket(resource, action, caller, context)
    if action == "sts:AssumeRole":
        permitted = permitted and trusted(resource, caller, context, request._region)
    if not permitted:
        request._raise_access_denied()


def trusted(role_arn, caller, context, region):
    parts = role_arn.split(":")
    if len(parts) != 6 or not parts[5].startswith("role/"):
        return False
    try:
        role = iam_backends[parts[4]][get_partition(region)].get_role_by_arn(role_arn)
    except Exception:  # Every account has a backend; what fails is the look-up of the role.
        return False
    return policies.decide([role.assume_role_policy_document], "sts:AssumeRole", caller=caller, context=context)


def denied_by_bucket(resource, action, caller, context):
    """Whether the bucket's own policy denies. That it lets another account in isn't known here."""
    name = resource.removeprefix("arn:aws:s3:::").split("/")[0]
    if name not in s3_backends.bucket_accounts:
        return False
    partition, account = s3_backends.bucket_accounts[name]
    policy = s3_backends[account][partition].get_bucket(name).policy
    return policy is not None and policies.verdict([policy], action, resource, caller, context) == "Deny"


def external_id(request):
    given = request._data.get("ExternalId")
    return {"sts:ExternalId": given[0]} if given else {}


def session_policy(request):
    from moto.sts.models import sts_backends

    session = sts_backends[request.account_id][get_partition(request._region)].get_assumed_role_from_access_key(
        getattr(request._access_key, "_access_key_id", None)
    )
    return session.policy if session else None


def document_of(policy):
    if isinstance(policy, Policy):
        return next(version.document for version in policy.versions if version.is_default)
    return policy if isinstance(policy, str) else policy["policy_document"]
