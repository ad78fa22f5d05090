"""An agent in Home Assistant, by the MQTT discovery of devices: a part of the MQTT sink."""
