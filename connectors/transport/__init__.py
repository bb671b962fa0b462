"""The ways out of the house, guarded, paced and limited. Connectors and `assistant` go through `WaysOut` alone."""

from connectors.transport.masking import mask_url
from connectors.transport.policy import NetworkPolicy
from connectors.transport.ways_out import Fetched, WaysOut

__all__ = ["Fetched", "NetworkPolicy", "WaysOut", "mask_url"]
