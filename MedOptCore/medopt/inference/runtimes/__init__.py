"""Engines that run a network on windows. Each is loaded only when it is used."""
