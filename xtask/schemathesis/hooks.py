"""What schemathesis must know of this API that its document does not say: how to get tokens, what
would saw off the branch it sits on, and which failures are excepted.

`xtask` starts it and reads what it reports; both by files that the variable `FUZZ_API` names.
"""

import atexit
import json
import os
import re
from collections import Counter, defaultdict

import requests
import schemathesis

with open(os.environ["FUZZ_API"], encoding="utf-8") as file:
    SETTINGS = json.load(file)

ADDRESS = SETTINGS["address"]
EXCEPTED = set(SETTINGS["exceptions"])

# The present password in the document's example of a change.
EXAMPLE_SECRET = "changeMe123"

# What is asked for with another token than the administrator's.
REFRESH = "/users/tokens/refresh"
SECRET = "/users/secret"

# An id that no account has.
NOBODY = "00000000-0000-4000-8000-000000000000"


def ask(method, path, status, **request):
    answer = requests.request(method, ADDRESS + path, timeout=30, **request)
    if answer.status_code != status:
        raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json()


def log_in(identity, secret):
    return ask("POST", "/users/tokens/issue", 201, json={"identity": identity, "secret": secret})


def administrator():
    return log_in(SETTINGS["username"], SETTINGS["secret"])["access_token"]


ADMINISTRATOR = ask(
    "GET", "/users/profile", 200, headers={"Authorization": f"Bearer {administrator()}"}
)["id"]


class People:
    """Accounts nobody else knows of; each is somebody else."""

    made = 0

    @classmethod
    def another(cls):
        cls.made += 1
        name = f"somebody-{cls.made}"
        ask("POST", "/users", 201, json={
            "first_name": "Some",
            "last_name": "Body",
            "email": f"{name}@example.com",
            "credentials": {"username": name, "secret": EXAMPLE_SECRET},
        })
        return log_in(name, EXAMPLE_SECRET)


class Bearer:
    def set(self, case, token, _context):
        case.headers["Authorization"] = f"Bearer {token}"


def takes_administrator(context):
    operation = context.operation
    is_asked_for = bool(operation.definition.raw.get("security"))
    return is_asked_for and operation.path not in (REFRESH, SECRET)


@schemathesis.auth().apply_to(takes_administrator)
class Administrator(Bearer):
    def get(self, _case, _context):
        return administrator()


# A refresh token gives the same pair for 30 seconds, and ends its session when used later.
@schemathesis.auth(refresh_interval=20).apply_to(path=REFRESH)
class Refreshing(Bearer):
    def get(self, _case, _context):
        return People.another()["refresh_token"]


@schemathesis.auth(refresh_interval=None).apply_to(path=SECRET)
class ChangingSecret(Bearer):
    """Somebody whose secret is still the one of the example."""

    token = None

    def get(self, _case, _context):
        cls = type(self)
        if cls.token is None:
            cls.token = People.another()["access_token"]
        return cls.token


# What no schema can refuse, and the service does: asked for in every run, so that an exception that
# holds no longer is noticed. Bodies are changes of the document's example, parameters are taken one
# by one; first comes what is accepted, which schemathesis varies.
TWO_BYTES = "\u00e9"
HARD_BODIES = {
    ("post", "/users"): [
        {"first_name": TWO_BYTES * 254},
        {"last_name": TWO_BYTES * 254},
        {"email": TWO_BYTES * 40 + "@example.com"},
        {"credentials": {"username": "hard", "secret": "short"}},
        {"credentials": {"username": "hard", "secret": TWO_BYTES * 72}},
        {"metadata": {"nul": "\0"}},
        {"private_metadata": {"nul": "\0"}},
        {"profile_picture": "https://example.com:99999/"},
    ],
    ("patch", "/users/{id}"): [
        {"first_name": TWO_BYTES * 254},
        {"last_name": TWO_BYTES * 254},
        {"metadata": {"nul": "\0"}},
        {"private_metadata": {"nul": "\0"}},
        {"profile_picture": "https://example.com:99999/"},
    ],
    ("patch", "/users/{id}/email"): [{"email": TWO_BYTES * 40 + "@example.com"}],
    ("patch", "/users/{id}/picture"): [{"profile_picture": "https://example.com:99999/"}],
    ("patch", SECRET): [
        {"old_secret": "another"},
        {"new_secret": "short"},
        {"new_secret": TWO_BYTES * 72},
    ],
    ("post", "/users/tokens/issue"): [
        {"identity": TWO_BYTES * 1024},
        {"username": TWO_BYTES * 1024, "identity": None},
        {"description": TWO_BYTES * 254},
        {"password": "another"},
    ],
    ("post", "/users/tokens/revoke"): [{"token_id": TWO_BYTES * 254}],
    ("post", "/password/reset-request"): [{"email": TWO_BYTES * 40 + "@example.com"}],
    ("put", "/password/reset"): [
        {"token": None},
        {"password": "short", "confirm_password": "short"},
        {"password": TWO_BYTES * 72, "confirm_password": TWO_BYTES * 72},
        {"confirm_password": "another"},
    ],
}
HARD_PARAMETERS = {
    ("get", "/users"): {
        "id": TWO_BYTES * 1024,
        "username": TWO_BYTES * 1024,
        "email": TWO_BYTES * 1024,
        "first_name": TWO_BYTES * 1024,
        "last_name": TWO_BYTES * 1024,
        "metadata": {"nul": "\0"},
        "cursor": "none",
    },
    ("get", "/users/search"): {
        "id": "ab",
        "username": "ab",
        "first_name": TWO_BYTES * 1024,
        "last_name": TWO_BYTES * 1024,
        # None of the others.
        "limit": 1,
    },
}


@schemathesis.hook
def before_load_schema(_context, document):
    schemas = document["components"]["schemas"]
    for (method, path), changes in HARD_BODIES.items():
        content = document["paths"][path][method]["requestBody"]["content"]["application/json"]
        example = schemas[content["schema"]["$ref"].rsplit("/", 1)[1]]["examples"][0]
        content["examples"] = named(example | change for change in [{}, *changes])
    for (method, path), values in HARD_PARAMETERS.items():
        for parameter in document["paths"][path][method]["parameters"]:
            if parameter["name"] in values:
                parameter["examples"] = named(alone(parameter["name"], values))


def alone(wanted, values):
    """The value of a parameter in its turn, and next to nothing in the turns of others."""
    value = values[wanted]
    nothing = value if isinstance(value, int) else type(value)()
    return [nothing, *(value if name == wanted else nothing for name in values)]


def named(values):
    return {str(number): {"value": value} for number, value in enumerate(values)}


class Newcomers:
    """Examples, earlier answers and short secrets make most registrations fail: every other one is
    mended."""

    ADDRESS = re.compile(r"[a-z0-9-]{1,64}@example\.(com|org)")
    USERNAME = re.compile(r"[A-Za-z0-9]{1,16}(-[A-Za-z0-9]{1,15})?")
    met = 0

    @classmethod
    def meet(cls, body):
        credentials = body.get("credentials")
        cls.met += 1
        if cls.met % 2 == 0 or not isinstance(credentials, dict):
            return
        if cls.fits(cls.ADDRESS, body.get("email")):
            body["email"] = f"newcomer-{cls.met}@example.com"
        if cls.fits(cls.USERNAME, credentials.get("username")):
            credentials["username"] = f"newcomer-{cls.met}"
        secret = credentials.get("secret")
        if isinstance(secret, str) and 0 < len(secret) < 8:
            credentials["secret"] = secret + "-long enough"

    @staticmethod
    def fits(pattern, value):
        return isinstance(value, str) and pattern.fullmatch(value) is not None


@schemathesis.hook
def before_call(_context, case, _kwargs):
    # Without its administrator the run would see nothing but 401 and 403.
    parameters = case.path_parameters or {}
    if case.method != "GET" and parameters.get("id") == ADMINISTRATOR:
        parameters["id"] = NOBODY
    if case.operation.label == "POST /users" and isinstance(case.body, dict):
        Newcomers.meet(case.body)


failures = Counter()
answers = defaultdict(Counter)


@schemathesis.hook
def after_call(_context, case, response):
    label = case.operation.label
    answers[label][str(response.status_code)] += 1
    # Changed, or the account was disabled or deleted by its id.
    if label == f"PATCH {SECRET}" and response.status_code in (200, 401):
        ChangingSecret.token = None


def title(failure, response):
    """As schemathesis prints it; of a refusal, with what the service says is wrong."""
    if failure.code != "ST202":
        return failure.title
    try:
        refusal = json.loads(response.content)
        said = " ".join(filter(None, [refusal["code"], refusal.get("field")]))
    except (ValueError, KeyError):
        said = str(response.status_code)
    return f"{failure.title} ({said})"


@schemathesis.hook
def filter_failure(_context, failure, _case, response):
    name = f"{failure.operation}: {title(failure, response)}"
    failures[name] += 1
    return name not in EXCEPTED


@atexit.register
def report():
    with open(SETTINGS["report"], "w", encoding="utf-8") as file:
        json.dump({"failures": failures, "answers": answers}, file)
