"""Training as a PyTorch user would write it today: eager, channels-last, autocast bfloat16, fused SGD.

    .venv/bin/python train.py --model resnet50 --batch 32 --size 224 --steps 4

A round is --steps steps on one batch that is already in memory; the value is images per second.
rounds.py says how rounds are asked for.
"""

import torch
from torch.nn import functional

from models import MODELS, network_arguments
from rounds import serve


def main():
    parser = network_arguments(__doc__)
    parser.add_argument("--steps", type=int, default=4, help="steps in a round")
    parser.add_argument("--threads", type=int, help="default: PyTorch's own choice")
    parser.add_argument("--precision", default="bf16", choices=["bf16", "fp32"])
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)

    torch.manual_seed(0)
    network = MODELS[arguments.model]().train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, fused=True
    )
    images = torch.randn(arguments.batch, 3, arguments.size, arguments.size)
    images = images.to(memory_format=torch.channels_last)
    labels = torch.randint(1000, (arguments.batch,))

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "bf16"):
            loss = functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()

    def work():
        for _ in range(arguments.steps):
            step()

    step()
    serve(work, images=arguments.steps * arguments.batch, warm_up=0 if arguments.steps == 1 else 1)


if __name__ == "__main__":
    main()
