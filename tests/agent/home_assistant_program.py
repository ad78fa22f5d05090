"""Home Assistant with its MQTT integration, as a process: PORT FOLDER. It prints its states for each line.

To be run by a Python that has the package `homeassistant`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from types import SimpleNamespace

from homeassistant import bootstrap, config_entries, core, loader


async def main(port: int, folder: str) -> None:
    logging.basicConfig(level=logging.WARNING)
    home = core.HomeAssistant(folder)
    home.config.skip_pip = True
    home.config_entries = config_entries.ConfigEntries(home, {})
    loader.async_setup(home)
    await bootstrap.async_load_base_functionality(home)
    home.config.components |= {"file_upload", "http"}
    home.http = SimpleNamespace(register_view=lambda *_: None)  # images are shown by it, to nobody here
    home.set_state(core.CoreState.running)
    entry = config_entries.ConfigEntry(
        domain="mqtt", title="broker", source="user", unique_id=None, version=1, minor_version=2, options={},
        data={"broker": "127.0.0.1", "port": port, "protocol": "5"}, discovery_keys={}, subentries_data=None,
    )  # fmt: skip
    home.config_entries._entries[entry.entry_id] = entry
    await home.config_entries.async_setup(entry.entry_id)
    while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        await home.async_block_till_done()
        states = {one.entity_id: {"state": one.state, **one.attributes} for one in home.states.async_all()}
        print(json.dumps(states, default=str), flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
