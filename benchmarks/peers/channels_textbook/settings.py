"""What Channels needs, with the layer that its documentation recommends."""

import os

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["channels"]
ROOT_URLCONF = "benchmarks.peers.channels_textbook.routing"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # With the 5 s socket timeout of redis-py 8, the layer's blocking reads fail.
            "hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": None}],
            # The default of 100 messages a channel drops what a busy process can't take in time.
            "capacity": 20_000,
        },
    }
}
