"""Makes a token with the first key of a file: python3 make_token.py KEYS_FILE PRINCIPAL SECONDS"""

import base64, hashlib, hmac, time

def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

def make_token(key_id, secret, principal, seconds):
    text = f"{key_id}.{base64url(principal.encode())}.{int(time.time()) + seconds}"
    return f"{text}.{base64url(hmac.digest(base64.b64decode(secret), text.encode(), hashlib.sha256))}"

if __name__ == "__main__":
    import re, sys

    file, principal, seconds = sys.argv[1:]
    with open(file) as keys:
        key_id, secret = re.search(r"^ +([\w-]+): *(\S+)", keys.read(), re.MULTILINE).groups()
    print(make_token(key_id, secret, principal, int(seconds)))
