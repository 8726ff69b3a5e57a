"""The evaluation of IAM policy documents: pure, without moto.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
import re


def decide(documents, action, resource=None, caller=None, context=None):
    """True when some statement allows and none denies. `caller` (an ARN) is given for policies of resources only."""
    return verdict(documents, action, resource, caller, context) == "Allow"


def verdict(documents, action, resource=None, caller=None, context=None):
    """`Deny` when some statement denies, else `Allow` when some allows, else None."""
    allowed = None
    for document in documents:
        policy = json.loads(document)
        statements = policy.get("Statement", [])
        for statement in [statements] if isinstance(statements, dict) else statements:
            if not _concerns(statement, action, resource, caller):
                continue
            holds = _conditions_hold(statement.get("Condition", {}), context or {})
            if statement.get("Effect") == "Deny":
                # A condition that we can't evaluate must not open what is closed.
                if holds is not False:
                    return "Deny"
            elif holds is True:
                allowed = "Allow"
    return allowed


def _concerns(statement, action, resource, caller):
    if "NotAction" in statement:
        if _any_match(statement["NotAction"], action, ignore_case=True):
            return False
    elif not _any_match(statement.get("Action", []), action, ignore_case=True):
        return False
    if caller is not None:
        if not ("Principal" in statement and _trusts(statement["Principal"], caller)):
            return False
        # The policy of a role is about that role, and names no resource.
        if "Resource" not in statement and "NotResource" not in statement:
            return True
    if "NotResource" in statement:
        return not _any_match(statement["NotResource"], resource)
    return _any_match(statement.get("Resource", []), resource)


def _trusts(principal, caller):
    """The caller itself, its role, its account (`arn:aws:iam::<account>:root` or the bare number), or everyone."""
    if principal == "*":
        return True
    wanted = principal.get("AWS", []) if isinstance(principal, dict) else []
    account = caller.split(":")[4]
    own_names = {"*", caller, account, f"arn:aws:iam::{account}:root"}
    session = re.fullmatch(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/.*", caller)
    if session:
        own_names.add(f"arn:aws:iam::{session[1]}:role/{session[2]}")
    return any(name in own_names for name in _listed(wanted))


def _conditions_hold(conditions, context):
    """True, False, or None when an operator is unknown to us."""
    answer = True
    keys = {key.lower(): value for key, value in context.items()}
    for name, wanted_by_key in conditions.items():
        optional = name.endswith("IfExists")
        operator = OPERATORS.get(name.removesuffix("IfExists"))
        if operator is None:
            answer = None
            continue
        for key, wanted in wanted_by_key.items():
            got = keys.get(key.lower())
            if optional and got is None:
                continue
            if not operator(got, [str(value) for value in _listed(wanted)]):
                return False
    return answer


# A key that the request doesn't have matches nothing, so the negated operators hold without it.
OPERATORS = {
    "StringEquals": lambda got, wanted: got is not None and got in wanted,
    "StringNotEquals": lambda got, wanted: got is None or got not in wanted,
    "StringLike": lambda got, wanted: got is not None and _any_match(wanted, got),
    "StringNotLike": lambda got, wanted: got is None or not _any_match(wanted, got),
    "ArnEquals": lambda got, wanted: got is not None and _any_match(wanted, got),
    "ArnLike": lambda got, wanted: got is not None and _any_match(wanted, got),
    "Bool": lambda got, wanted: got is not None and got.lower() in [value.lower() for value in wanted],
    "Null": lambda got, wanted: str(got is None).lower() in [value.lower() for value in wanted],
}


def _any_match(patterns, text, ignore_case=False):
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text or "", flags)
        for pattern in _listed(patterns)
    )


def _listed(value):
    return value if isinstance(value, list) else [value]
