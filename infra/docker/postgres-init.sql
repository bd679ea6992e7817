-- Runs once, when the volume is new. The registry keeps its schemas, and with them their ids, in a database of its own.
CREATE DATABASE registry;
