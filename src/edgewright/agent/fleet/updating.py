"""Following what is wanted: fetch, verify, hand to the installer; what failed is told, and not tried again."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace

from edgewright.agent.backoff import Backoff
from edgewright.agent.fleet.device import Device
from edgewright.agent.fleet.fetching import FetchError, Fetching
from edgewright.agent.fleet.installer import Installer
from edgewright.agent.fleet.settings import UpdateSettings
from edgewright.agent.fleet.tried import DONE, FAILED, INSTALLED, INSTALLING, Tried, TriedMemory
from edgewright.agent.fleet.wishes import Wanted, Wishes
from edgewright.bundle import Desired, Offer
from edgewright.errors import OutputError, UsageError

log = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 10.0, 3600.0
_LOOK_S, _LONG_S = 0.5, 3600.0

# How long the installer may take; then whoever looks is told, and it is left alone.
_INSTALL_S = 3600.0


@dataclass(frozen=True)
class Update:
    """How far a device has come with what is wanted of it.

    `state`: "none" wanted, "current", "older" than what runs, "unreadable", "refused" (no bundle for this device),
    "fetching", "waiting" (for what can pass), "installing", "installed" (not at work yet), "failed" (not tried again);
    `why` in words.
    """

    wanted: int | None = None
    state: str = "none"
    why: str = ""


class Updating:
    """Works in a thread of its own, which nobody waits for: the agent never stops or slows down for an update.

    `pause_s` and `longest_pause_s` are between tries of what can pass.
    """

    def __init__(
        self,
        settings: UpdateSettings,
        device: Device,
        wishes: Wishes,
        *,
        pause_s: float = _FIRST_PAUSE_S,
        longest_pause_s: float = _LONGEST_PAUSE_S,
    ) -> None:
        if device.root is None:
            raise UsageError(
                "updates: this agent was not deployed (EDGEWRIGHT_ROOT is not set), so that there is nothing that could"
                " take a new version. Put it onto the device with edgewright deploy, or leave [updates] away"
            )
        self._device, self._wishes = device, wishes
        self._fetching = Fetching(device.root / "incoming", settings)
        self._installer = Installer(device.root)
        self._memory = TriedMemory(device.root)
        self._backoff = Backoff(pause_s, longest_pause_s)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="updates", daemon=True)
        self._update = Update()

    def told(self) -> Update:
        """How far it is."""
        return self._update

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End within a moment; an installer that is at work goes on."""
        self._stopping.set()
        self._fetching.close()
        self._wishes.close()
        self._thread.join(1.0)

    def _work(self) -> None:
        self._memory.settle(self._device.version, at_start=True)
        if self._memory.last.state in (DONE, FAILED):
            self._fetching.forget(self._memory.last.sha256)
        patience_s, followed = 0.0, Wanted()
        while not self._stopping.is_set():
            wanted = self._wishes.look(patience_s, self._stopping)
            if wanted != followed:
                self._backoff.reset()
            patience_s, followed = self._follow(wanted), wanted

    def _follow(self, wanted: Wanted) -> float:
        """Do what is to be done, and say after how many seconds to look again where nothing new comes."""
        desired = wanted.desired
        if desired is None:
            state = "waiting" if wanted.passes else "unreadable" if wanted.problem else "none"
            self._say(Update(None, state, wanted.problem))
            return _LONG_S
        platform = self._device.platform
        offer = desired.offer_for(platform.machine, platform.python)
        settled = self._settled(desired, offer)
        if settled is not None or offer is None:
            self._say(settled or Update())
            return _LOOK_S if settled is not None and settled.state == "installing" else _LONG_S
        try:
            self._take(desired, offer)
        except FetchError as error:
            return self._not_fetched(desired, offer, error)
        except (OSError, OutputError) as error:
            self._say(Update(desired.version, "waiting", f"{error}"))
            return self._backoff.pause()
        return _LOOK_S

    def _settled(self, desired: Desired, offer: Offer | None) -> Update | None:
        """What there is to say where nothing is to be done; None where something is."""
        wanted, running = desired.version, self._device.version
        if running == wanted:
            return Update(wanted, "current")
        if running is not None and running > wanted:
            return Update(wanted, "older", f"{running} runs here; only the desk takes a device back")
        if offer is None:
            return Update(wanted, "refused", self._no_bundle())
        self._memory.settle(running)
        return self._known(wanted) if self._memory.last.sha256 == offer.sha256 else None

    def _no_bundle(self) -> str:
        platform = self._device.platform
        return f"there is no bundle for {platform.machine}, Python {platform.python}"

    def _known(self, wanted: int) -> Update | None:
        """What came of a bundle that was tried before; None where it may be tried once more."""
        last = self._memory.last
        if last.state == INSTALLING:
            return Update(wanted, "installing") if self._memory.is_installing else None
        if last.state == INSTALLED:
            return Update(wanted, "installed", "it is at work once the agent is started again")
        return Update(wanted, "failed", last.why)

    def _take(self, desired: Desired, offer: Offer) -> None:
        self._say(Update(desired.version, "fetching"))
        bundle = self._fetching.fetch(offer, self._stopping)
        if bundle is None or self._wishes.look(0.0, self._stopping).desired != desired:  # taken back meanwhile
            return
        last = self._memory.last
        attempts = last.attempts + 1 if last.sha256 == offer.sha256 else 1
        tried = Tried(offer.sha256, desired.version, INSTALLING, attempts=attempts)
        self._memory.keep(tried)
        self._say(Update(desired.version, "installing"))
        self._memory.keep(replace(tried, process=self._installer.start(bundle)))
        self._await_installer(desired)

    def _await_installer(self, desired: Desired) -> None:
        """See how it ends, if that is before this agent is replaced."""
        for _ in range(int(_INSTALL_S / _LOOK_S)):
            if self._installer.code is not None or self._stopping.wait(_LOOK_S):
                break
        if self._installer.code == 0:
            self._memory.keep(replace(self._memory.last, state=INSTALLED))
        elif self._installer.code is not None and self._installer.passes and self._memory.may_try_again:
            if self._installer.wants_room:  # which somebody may make in a week
                self._memory.keep(replace(self._memory.last, attempts=0))
            raise FetchError(self._installer.why, passes=True)
        elif self._installer.code is not None:
            self._failed(desired, self._installer.why)

    def _not_fetched(self, desired: Desired, offer: Offer, error: FetchError) -> float:
        if error.passes:
            self._say(Update(desired.version, "waiting", str(error)))
            return self._backoff.pause()
        self._memory.last = Tried(offer.sha256, desired.version, attempts=1)
        self._failed(desired, str(error))
        return _LONG_S

    def _failed(self, desired: Desired, why: str) -> None:
        tried = replace(self._memory.last, state=FAILED, why=why, process=0)
        try:
            self._memory.keep(tried)
        except OutputError:
            self._memory.last = tried  # a full disk: known until the next start
        self._fetching.tidy()
        self._say(Update(desired.version, "failed", why))

    def _say(self, update: Update) -> None:
        if update != self._update:
            level = logging.WARNING if update.state in ("failed", "refused", "unreadable", "waiting") else logging.INFO
            text = f" {update.wanted}" if update.wanted is not None else ""
            log.log(level, "update%s: %s%s", text, update.state, f": {update.why}" if update.why else "")
        self._update = update
