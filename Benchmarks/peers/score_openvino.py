"""Inference as an OpenVINO user would tune it: the network converted from PyTorch, in bfloat16 or int8.

    .venv/bin/python score_openvino.py --model resnet50 --batch 32 --batches 8 --precision int8

A round is --batches batches of float32 pictures that are already in memory, to logits; the value is images
per second. int8 is nncf.quantize's, whose calibration sees 32 pictures of noise: accuracy is not measured
here. --streams is how many requests OpenVINO works on at the same time. rounds.py says how rounds are asked for.
"""

import logging
import os

import numpy as np
import openvino as ov
import torch

from models import MODELS, network_arguments
from rounds import serve


def quantized(model, shape):
    import nncf

    logging.getLogger("nncf").setLevel(logging.ERROR)
    random = np.random.default_rng(0)
    pictures = [random.standard_normal(shape, dtype=np.float32)]
    return nncf.quantize(model, nncf.Dataset(pictures), subset_size=len(pictures))


def main():
    parser = network_arguments(__doc__)
    parser.add_argument("--batches", type=int, default=8, help="batches in a round")
    parser.add_argument("--precision", default="bf16", choices=["bf16", "int8", "fp32"])
    parser.add_argument("--streams", type=int, default=1)
    arguments = parser.parse_args()

    torch.manual_seed(0)
    shape = (arguments.batch, 3, arguments.size, arguments.size)
    with torch.no_grad():
        model = ov.convert_model(
            MODELS[arguments.model]().eval(), example_input=torch.zeros(shape), input=list(shape))
    if arguments.precision == "int8":
        model = quantized(model, shape)
    # What int8 leaves as it is computes in bfloat16, too.
    compiled = ov.Core().compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": "f32" if arguments.precision == "fp32" else "bf16",
        "INFERENCE_NUM_THREADS": len(os.sched_getaffinity(0)),
        "NUM_STREAMS": arguments.streams,
    })
    pictures = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    queue = ov.AsyncInferQueue(compiled, arguments.streams)

    def work():
        for _ in range(arguments.batches):
            queue.start_async({0: pictures}, share_inputs=True)
        queue.wait_all()

    serve(work, images=arguments.batches * arguments.batch)


if __name__ == "__main__":
    main()
