"""What is said to Home Assistant over the connection of a sink, and when; events never wait for it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence

import edgewright
from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.sinks.home_assistant.options import HomeAssistant
from edgewright.agent.delivery.sinks.home_assistant.payloads import Place, components, discovery
from edgewright.agent.delivery.sinks.home_assistant.saying import LostError, Message, Refusal, say
from edgewright.agent.delivery.sinks.home_assistant.states import States
from edgewright.agent.delivery.sinks.home_assistant.told import Told, ToldMemory
from edgewright.agent.delivery.sinks.home_assistant.watching import Memory, Watching
from edgewright.agent.delivery.sinks.mqtt_connection import LIBRARY_ERRORS, Connection
from edgewright.agent.events.event import Stored
from edgewright.agent.events.sighting import NONSENSE
from edgewright.documents import json_text

log = logging.getLogger(__name__)

# What is said beside a state, and pictures, are worth saying so often.
_ATTRIBUTES_S, _PICTURES_S = 1.0, 5.0

# So long after entities were taken away Home Assistant reads their topics no more.
_LET_GO_S = 3.0

# A broker may cut the connection of whoever says something that it does not allow. Where it refuses, or cuts so many
# times in a row, Home Assistant is left alone for a while.
_STRIKES, _ALONE_S = 2, 300.0


class Talk:
    """Tells Home Assistant of the agent where `options` say so; takes away what an earlier run has told otherwise.

    It begins once the agent is introduced. Used by one thread, but for `heard`.
    """

    def __init__(self, connection: Connection, options: HomeAssistant | None) -> None:
        self._connection = connection
        connection.heard = self.heard
        self.options = options
        self._memory: ToldMemory | None = None
        self._identity = Identity()
        self._states = States(Watching())
        self._announced = Watching()
        self._agent = ""
        self._gone: dict[str, str] = {}
        self._left: Told | None = None
        self._sweep_s: float | None = None
        self._number = 0
        self._born = False
        self._said: dict[str, bytes] = {}
        self._said_s: dict[str, float] = {}
        self._refused: set[str] = set()
        self._warned: set[str] = set()
        self._strikes = 0
        self._not_before_s = 0.0

    def introduce(self, identity: Identity, watching: Watching, memory: Memory) -> None:
        """Learn who the agent is and what it watches for."""
        self._identity = identity
        self._states = States(watching)
        self._memory = ToldMemory(memory, self._connection.broker)

    def take(self, events: Sequence[Stored]) -> None:
        """Follow events that were delivered."""
        if self.options is not None and self._memory is not None:
            for event in events:
                try:
                    self._states.take(json.loads(event.text))
                except NONSENSE as error:  # of another version
                    log.debug("%s: event %s: %s", self._connection.name, event.id, error)

    def heard(self, topic: str, payload: bytes) -> None:
        """Home Assistant has started: it wants to hear all of it once more. Called from the connection's thread."""
        if payload == b"online":
            self._born = True

    def tend(self) -> None:
        """Be there where there are no events to deliver: for whoever reads the status, and for Home Assistant."""
        self._connection.open()
        if self._has_something_to_say():
            self._states.look()
            self.speak()

    def speak(self) -> None:
        """Say what is new, if the connection is open; whatever becomes of it, events go on."""
        if self._memory is None or not self._has_something_to_say() or not self._connection.is_open:
            self._states.miss()
            return
        try:
            self._say_what_is_due(self._memory)
        except (LostError, *LIBRARY_ERRORS) as error:
            self._connection.drop()
            self._strike(str(error) or type(error).__name__)
        else:
            self._strikes = 0

    def _has_something_to_say(self) -> bool:
        if self._memory is None or time.monotonic() < self._not_before_s:
            return False
        return self.options is not None or self._memory.told is not None

    def _say_what_is_due(self, memory: ToldMemory) -> None:
        is_other = self.options is not None and self._states.watching is not self._announced
        if self._connection.number != self._number or self._born or is_other:
            self._number, self._born = self._connection.number, False
            for known in (self._said, self._said_s, self._refused):
                known.clear()
            self._announce(memory)
            if not self._connection.limits.retain:
                return  # Home Assistant has to hear of the device first, and then to ask for its states
        self._sweep(memory)
        if self.options is not None:
            self._say(list(self._due(self._place(self.options))))

    def _announce(self, memory: ToldMemory) -> None:
        if self.options is None:
            self._take_away(memory)
            return
        place = self._place(self.options)
        self._connection.subscribe(place.birth)
        self._announced = watching = self._states.watching
        entities = components(place, watching)
        told, before = Told.of(place.discovery, entities), self._before(memory)
        if before is not None:
            self._gone |= {key: platform for key, platform in before.platforms.items() if key not in told.platforms}
            memory.keep(told.with_those_of(before))
        else:
            memory.keep(told)
        payload = json_text(discovery(place, watching, edgewright.__version__, self._gone), separators=(",", ":"))
        refused = self._say([Message(place.discovery, payload.encode("utf-8", "backslashreplace"))])
        if not refused:
            self._sweep_later(told)

    def _sweep_later(self, left: Told | None) -> None:
        """Empty what nobody reads any more, once Home Assistant has let it go: of an empty text it complains."""
        self._left, self._sweep_s = left, time.monotonic() + _LET_GO_S

    def _sweep(self, memory: ToldMemory) -> None:
        if self._sweep_s is None or time.monotonic() < self._sweep_s:
            return
        self._sweep_s = None
        read = self._left.topics if self._left is not None else ()
        stale = [topic for topic in (memory.told.topics if memory.told else ()) if topic not in read]
        if not self._say([Message(topic, b"") for topic in stale]):
            memory.keep(self._left)

    def _before(self, memory: ToldMemory) -> Told | None:
        """What was told of this device; another one of ours, as by another prefix, is taken away."""
        place = self._place(self.options or HomeAssistant())
        is_another, self._agent = self._agent not in ("", place.agent), place.agent
        before = memory.told
        if before is None or before.discovery == place.discovery:
            return before
        self._gone.clear()
        if is_another:  # A copy of our state has the name now, and the device.
            return None
        self._say([Message(before.discovery, b"")])
        return Told(place.discovery, topics=before.topics)

    def _take_away(self, memory: ToldMemory) -> None:
        if memory.told is not None and not self._say([Message(memory.told.discovery, b"")]):
            log.info("%s: Home Assistant has this agent no more", self._connection.name)
            self._sweep_later(None)

    def _place(self, options: HomeAssistant) -> Place:
        topic = self._connection.topic
        return Place(self._identity.text, topic, options.prefix, options.called(topic))

    def _due(self, place: Place) -> Iterator[Message]:
        """What is new: what belongs to a state before it, since automations look at it then."""
        states = self._states
        if place.discovery in self._refused:
            states.miss()
            return
        for key in list(states.pictures):
            if self._is_calm(place.state(key), _PICTURES_S):
                yield Message(place.state(key), states.pictures.pop(key))
        changed = {key: state for key, state in states.holds() if self._is_new(place.state(key), state)}
        for key, payload in states.attributes.items():
            topic = place.attributes(key)
            if self._is_new(topic, payload) and (key in changed or self._is_calm(topic, _ATTRIBUTES_S)):
                yield self._noted(topic, payload)
        for key, state in changed.items():
            yield self._noted(place.state(key), state)
        for key in list(states.instants):
            yield Message(place.state(key), states.instants.pop(key), retain=False)

    def _is_new(self, topic: str, payload: bytes) -> bool:
        return self._said.get(topic) != payload

    def _noted(self, topic: str, payload: bytes) -> Message:
        """What is not said again on this connection."""
        self._said[topic] = payload
        return Message(topic, payload)

    def _is_calm(self, topic: str, pause_s: float) -> bool:
        return time.monotonic() - self._said_s.get(topic, -pause_s) >= pause_s

    def _say(self, messages: Sequence[Message]) -> dict[str, Refusal]:
        due = [message for message in messages if message.topic not in self._refused]
        refused = say(self._connection, due)
        now_s = time.monotonic()
        self._said_s.update({message.topic: now_s for message in due})
        self._refused.update(refused)
        for topic, refusal in refused.items():
            text = f"Home Assistant is not told all of this agent: {topic}: {refusal.reason}"
            self._warn(text, kind=refusal.reason)
        if any(refusal.by_broker for refusal in refused.values()):
            self._leave_alone()
        return refused

    def _warn(self, text: str, kind: str) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            log.warning("%s: %s", self._connection.name, text)

    def _strike(self, reason: str) -> None:
        self._strikes += 1
        self._number = 0
        if self._strikes >= _STRIKES:
            self._leave_alone()
            text = f"Home Assistant is left alone for five minutes, since each try ended so: {reason}; events go on"
            self._warn(text, kind="cut")

    def _leave_alone(self) -> None:
        self._number = self._strikes = 0
        self._not_before_s = time.monotonic() + _ALONE_S
