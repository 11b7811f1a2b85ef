"""Documents for OpenSearch: what they hold, how they are mapped and how they are sent."""
