"""ONNX graphs: operators, domains, external data and free text; tensors are seeked over."""
