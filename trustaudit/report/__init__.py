"""From a TrustReport to text. Renderers decide nothing."""
