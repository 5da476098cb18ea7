"""TensorFlow graphs: operators, their constant arguments, assets and Keras metadata; tensors are seeked over."""
