"""What this machine cannot go below: JPEG coding by libjpeg-turbo, and arithmetic in fp32."""

from collections.abc import Callable

import numpy as np
import onnx
import simplejpeg
from onnx import TensorProto, helper, numpy_helper

from retouch_engine.inference.runtimes import new_session
from tests.benchmarks.photos import QUALITY, SAMPLING

CHANNELS, SIDE = 128, 256
CONVOLUTION_FLOP = 2 * 9 * CHANNELS * CHANNELS * SIDE * SIDE


def codec(data: bytes) -> Callable[[], None]:
    """Return an action: decode a JPEG and encode it again, with the photo's own settings."""

    def decode_and_encode() -> None:
        pixels = simplejpeg.decode_jpeg(data)
        simplejpeg.encode_jpeg(pixels, quality=QUALITY, colorsubsampling=SAMPLING)

    return decode_and_encode


def convolution() -> Callable[[], None]:
    """Return an action: one 3 x 3 convolution of 128 channels, CONVOLUTION_FLOP in fp32.

    Among layers of a generator's shape it comes nearest to what the machine's multipliers give.
    """
    shape = [1, CHANNELS, SIDE, SIDE]
    weights = np.random.default_rng(0).normal(size=(CHANNELS, CHANNELS, 3, 3)).astype(np.float32)
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    graph = helper.make_graph(
        [node],
        "convolution",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    session = new_session(model.SerializeToString())
    inputs = {"x": np.ones(shape, np.float32)}
    return lambda: session.run(None, inputs)
