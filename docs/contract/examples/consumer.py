"""A minimal receiver of the roadside contract: takes each record once, tells live from replayed, finds what is
missing, and knows which incidents are void. MQTT 5; Debian package python3-paho-mqtt (1.6 or 2.x).

    MQTT_USERNAME=… MQTT_PASSWORD=… MQTT_CA_FILE=… python3 consumer.py mqtts://broker.example:8883 platform

`platform` is the receiver's name in the site file: one of `furtherUplinks` has its own. A line is printed for
each record, and the books as JSON when the program is asked to end (SIGTERM or Ctrl-C).
In service keep the books in your database, changed in the transaction that stores the record, and check each
payload with the schemas of asyncapi.json. Fields and streams that you do not know belong to a later version.
"""
import json
import os
import re
import signal
import sys
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

url = urlsplit(sys.argv[1] if len(sys.argv) > 1 else "mqtt://127.0.0.1")
upstream = sys.argv[2] if len(sys.argv) > 2 else "platform"

counts = {"live": 0, "replayed": 0, "duplicates": 0, "corrected": 0, "unnamed": 0}
# By (site, boot, stream): the numbers that came, and these together with those that never will.
come, accounted = {}, {}
declared = []
session = {}  # by site: the run that its last birth told of
offline = set()
open_incidents = {}  # by (site, incident): the run that opened it
voided = set()


def add_range(series, key, low, high):
    """Joins a range to others, so that a year of records without a hole is one range."""
    ranges = series.get(key, [])
    touching = [(a, b) for a, b in ranges if a <= high + 1 and b >= low - 1]
    joined = (min([low] + [a for a, _ in touching]), max([high] + [b for _, b in touching]))
    series[key] = sorted([r for r in ranges if r not in touching] + [joined])


def take_record(record):
    """The id is `site/boot/stream/seq`, so a known number is a known id."""
    key, seq = (record["site"], record["boot"], record["stream"]), record["seq"]
    if record["id"] != "/".join(map(str, (*key, seq))):
        raise ValueError(f"not the id of its record: {record['id']}")
    if any(low <= seq <= high for low, high in come.get(key, [])):
        # A restamped copy has the right times where the known one may not: store it in its place.
        kind = "corrected" if record["clock"] == "restamped" else "duplicates"
        counts[kind] += 1
        return print(kind, record["id"], flush=True)
    for series in (come, accounted):
        add_range(series, key, seq, seq)
    # Live views and alarms take live records only; the archive takes both.
    way = "replayed" if record["replayed"] else "live"
    counts[way] += 1
    if record["stream"] == "gap":
        declare(record)
    if record["stream"] == "incident":
        follow(record)
    print(way, record["id"], flush=True)


def declare(gap):
    """What the site says will never come to this receiver is not missing; what others lose is not ours."""
    if gap["upstream"] != upstream:
        return
    counts["unnamed"] += gap["unnamed"]
    for lost in gap["ranges"]:
        key = (gap["site"], lost["boot"], lost["stream"])
        add_range(accounted, key, lost["fromSeq"], lost["toSeq"])
        declared.append(f"{' '.join(key)} {lost['fromSeq']}-{lost['toSeq']}")


def follow(step):
    """Nobody watches any more whether an incident of an earlier run is over: it is void."""
    key, boot = (step["site"], step["incident"]), step["boot"]
    if step["phase"] == "close":
        open_incidents.pop(key, None)
    elif boot == session.get(step["site"], boot):
        open_incidents[key] = boot
    else:
        voided.add(key)


def take_state(state):
    """Birth and will: retained, so that a receiver which comes later learns them, too."""
    site, run = state["site"], state["session"]
    print(state["state"], site, run, flush=True)
    if state["state"] != "online":
        # The will of an earlier run may come late: it says nothing of the present one.
        if session.get(site, run) == run:
            offline.add(site)
        return
    offline.discard(site)
    session[site] = run
    for key in [k for k, boot in open_incidents.items() if k[0] == site and boot != run]:
        del open_incidents[key]
        voided.add(key)


def missing():
    """Neither come nor declared. While a backlog drains they still arrive; what stays is for a backfill command."""
    for key, ranges in accounted.items():
        ends = [0] + [high for _, high in ranges]
        for end, (low, _) in zip(ends, ranges):
            if low > end + 1:
                yield f"{' '.join(key)} {end + 1}-{low - 1}"


def report(*_):
    lists = {"missing": missing(), "declared": declared, "offline": offline}
    lists.update({"voided": map(" ".join, voided), "open": map(" ".join, open_incidents)})
    print(json.dumps({**counts, **{name: sorted(entries) for name, entries in lists.items()}}), flush=True)
    os._exit(0)


def on_message(_client, _userdata, message):
    """The acknowledgement goes out when this returns: what is not in the books by then comes again."""
    try:
        payload = json.loads(message.payload)
        if not re.fullmatch(r"roadside\.[a-z]+/1", payload["schema"]):
            raise ValueError("not of this contract")
        if payload["schema"] == "roadside.state/1":
            take_state(payload)
        elif "seq" in payload:
            take_record(payload)
    except (ValueError, KeyError, TypeError) as error:
        print(f"{message.topic}: {error}", file=sys.stderr, flush=True)


# paho 2 asks which callbacks are meant; those below are the same in both.
version = (mqtt.CallbackAPIVersion.VERSION1,) if hasattr(mqtt, "CallbackAPIVersion") else ()
client = mqtt.Client(*version, client_id=f"receiver-{upstream}", protocol=mqtt.MQTTv5)
if "MQTT_USERNAME" in os.environ:
    client.username_pw_set(os.environ["MQTT_USERNAME"], os.environ.get("MQTT_PASSWORD"))
if url.scheme == "mqtts":
    client.tls_set(os.environ.get("MQTT_CA_FILE"))
client.on_connect = lambda client, *_: client.subscribe("roadside/v1/#", qos=1)
client.on_subscribe = lambda *_: print("subscribed", flush=True)
client.on_message = on_message
signal.signal(signal.SIGTERM, report)
signal.signal(signal.SIGINT, report)
# A durable session under a fixed name: the broker keeps what comes while this receiver is away.
durable = Properties(PacketTypes.CONNECT)
durable.SessionExpiryInterval = 604_800
port = url.port or (8883 if url.scheme == "mqtts" else 1883)
client.connect_async(url.hostname, port, clean_start=False, properties=durable)
client.loop_forever(retry_first_connection=True)
