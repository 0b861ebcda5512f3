"""Inference as a PyTorch user would tune it: batch norm folded, bfloat16 weights, channels-last.

    .venv/bin/python score.py --model resnet50 --batch 32 --batches 8

A round is --batches batches that are already in memory, to logits; the value is images per second.
--engine compile is torch.compile with freezing, which needs a C++ compiler. rounds.py says how
rounds are asked for.
"""

import torch
import torch._inductor.config as inductor
from torch.fx.experimental.optimization import fuse

from models import MODELS, network_arguments
from rounds import serve


def main():
    parser = network_arguments(__doc__)
    parser.add_argument("--batches", type=int, default=8, help="batches in a round")
    parser.add_argument("--engine", default="eager", choices=["eager", "compile"])
    parser.add_argument("--precision", default="bf16", choices=["bf16", "fp32"])
    parser.add_argument("--threads", type=int, help="default: PyTorch's own choice")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)

    torch.manual_seed(0)
    dtype = torch.bfloat16 if arguments.precision == "bf16" else torch.float32
    network = fuse(MODELS[arguments.model]().eval()).to(dtype, memory_format=torch.channels_last)
    images = torch.randn(arguments.batch, 3, arguments.size, arguments.size).to(
        dtype, memory_format=torch.channels_last
    )
    if arguments.engine == "compile":
        inductor.freezing = True
        network = torch.compile(network)

    @torch.inference_mode()
    def work(batches=arguments.batches):
        for _ in range(batches):
            network(images).float()

    with torch.no_grad():
        network(images)
    serve(work, images=arguments.batches * arguments.batch)


if __name__ == "__main__":
    main()
