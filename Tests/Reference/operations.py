"""Single operations, losses and optimiser steps on shapes small enough to print."""

import torch
from timm.utils.model_ema import ModelEmaV3
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def operations():
    """name.{input, weight, bias, output, upstream, grad.input, grad.weight, grad.bias}."""
    random = torch.Generator().manual_seed(1)
    tensors, described = {}, {}

    def record(name, what, function, **inputs):
        inputs = {key: value.requires_grad_() for key, value in inputs.items()}
        output = function(**inputs)
        upstream = torch.randn(output.shape, generator=random)
        output.backward(upstream)
        for key, value in inputs.items():
            tensors[f"{name}.{key}"] = value
        tensors[f"{name}.output"] = output
        tensors[f"{name}.upstream"] = upstream
        for key, value in inputs.items():
            tensors[f"{name}.grad.{key}"] = value.grad
        described[name] = what

    def normal(*shape):
        return torch.randn(shape, generator=random)

    record(
        "conv2d", "stride 2, padding 1, bias",
        lambda input, weight, bias: functional.conv2d(input, weight, bias, 2, 1),
        input=normal(2, 3, 7, 6), weight=normal(4, 3, 3, 3), bias=normal(4),
    )
    record(
        "conv2d_grouped", "groups 4, stride 1, padding 1, no bias",
        lambda input, weight: functional.conv2d(input, weight, None, 1, 1, 1, 4),
        input=normal(2, 8, 5, 6), weight=normal(12, 2, 3, 3),
    )
    record(
        "conv3d_spatial", "kernel 1x3x3, stride 1x2x2, padding 0x1x1, no bias",
        lambda input, weight: functional.conv3d(input, weight, None, (1, 2, 2), (0, 1, 1)),
        input=normal(2, 3, 4, 6, 5), weight=normal(4, 3, 1, 3, 3),
    )
    record(
        "conv3d_temporal", "kernel 3x1x1, stride 2x1x1, padding 1x0x0, no bias",
        lambda input, weight: functional.conv3d(input, weight, None, (2, 1, 1), (1, 0, 0)),
        input=normal(2, 3, 5, 3, 4), weight=normal(4, 3, 3, 1, 1),
    )

    for dimensions, shape in ((2, (4, 3, 5, 5)), (3, (2, 3, 4, 3, 5))):
        layer = nn.BatchNorm2d(3) if dimensions == 2 else nn.BatchNorm3d(3)
        layer.running_mean.copy_(normal(3))
        layer.running_var.copy_(torch.rand(3, generator=random) + 0.5)
        name = f"batch_norm{dimensions}d"
        tensors[f"{name}.running_mean"] = layer.running_mean.clone()
        tensors[f"{name}.running_var"] = layer.running_var.clone()
        record(
            name, "training mode, eps 1e-5, momentum 0.1; after.*: running statistics afterwards; "
            "evaluation: the same input in evaluation mode with them",
            lambda input, weight, bias: functional.batch_norm(
                input, layer.running_mean, layer.running_var, weight, bias, True, 0.1, 1e-5
            ),
            input=normal(*shape) * 2 + 1, weight=normal(3), bias=normal(3),
        )
        tensors[f"{name}.after.running_mean"] = layer.running_mean.clone()
        tensors[f"{name}.after.running_var"] = layer.running_var.clone()
        tensors[f"{name}.evaluation"] = functional.batch_norm(
            tensors[f"{name}.input"], layer.running_mean, layer.running_var,
            tensors[f"{name}.weight"], tensors[f"{name}.bias"], False, 0.1, 1e-5,
        )

    record("relu", "", functional.relu, input=normal(3, 7))
    record(
        "max_pool2d", "kernel 3, stride 2, padding 1",
        lambda input: functional.max_pool2d(input, 3, 2, 1), input=normal(2, 3, 7, 6),
    )
    record(
        "average_pool2d", "adaptive, to 1x1",
        lambda input: functional.adaptive_avg_pool2d(input, 1), input=normal(2, 3, 5, 4),
    )
    record(
        "average_pool3d", "adaptive, to 1x1x1",
        lambda input: functional.adaptive_avg_pool3d(input, 1), input=normal(2, 3, 2, 5, 4),
    )
    record("linear", "", functional.linear, input=normal(4, 6), weight=normal(5, 6), bias=normal(5))
    return tensors, described


def losses():
    """Three losses of multi-label rows and their gradients, and the log-odds of every class.

    Row 5 holds the logits 100 and -100 and is right about both, so its loss is nearly nothing;
    exp(100) is infinite in float32, so only a stable formula gets there.
    """
    random = torch.Generator().manual_seed(2)
    logits = torch.randn(6, 5, generator=random) * 3
    logits[5] = torch.tensor([100.0, -100.0, 0.0, -3.0, -5.0])
    labels = torch.tensor(
        [[1, 0, 0, 0, 0], [0, 1, 1, 0, 0], [1, 0, 1, 0, 1], [0, 0, 0, 1, 0], [1, 1, 1, 1, 1],
         [1, 0, 0, 0, 0]], dtype=torch.float32,
    )
    chosen = torch.tensor([0, 2, 4, 3, 1, 0])  # one of each row's labels
    targets = labels / labels.sum(1, keepdim=True)
    tensors = {"logits": logits, "labels": labels, "softmax.targets": targets, "chosen": chosen}

    def record(name, rows, loss_of_rows):
        input = logits.clone().requires_grad_()
        loss = loss_of_rows(rows(input))
        loss.backward()
        tensors[f"{name}.rows"] = rows(logits)
        tensors[f"{name}.loss"] = loss
        tensors[f"{name}.grad"] = input.grad

    binary = functional.binary_cross_entropy_with_logits
    record("softmax", lambda x: functional.cross_entropy(x, targets, reduction="none"), torch.mean)
    record("chosen", lambda x: functional.cross_entropy(x, chosen, reduction="none"), torch.mean)
    record("sigmoid.sum", lambda x: binary(x, labels, reduction="none").sum(1), torch.mean)
    record("sigmoid.mean", lambda x: binary(x, labels, reduction="none").mean(1), torch.mean)

    exact = logits.double()
    others = torch.stack(
        [exact[:, [c for c in range(5) if c != k]].logsumexp(1) for k in range(5)], 1
    )
    tensors["log_odds"] = exact - others
    return tensors, {
        "softmax": "cross-entropy with targets 1/m on a row's m labels; loss: mean over rows",
        "chosen": "cross-entropy with the one label `chosen` (an index); loss: mean over rows",
        "sigmoid.sum": "binary cross-entropy, summed over classes; loss: mean over rows",
        "sigmoid.mean": "binary cross-entropy, mean over classes; loss: mean over rows",
        "log_odds": "logit - logsumexp(the other logits), computed in float64",
    }


SGD_VARIANTS = {
    "plain": dict(),
    "momentum": dict(momentum=0.9),
    "nesterov": dict(momentum=0.9, nesterov=True),
    "weight_decay": dict(momentum=0.9, weight_decay=0.01),
    "nesterov_weight_decay": dict(momentum=0.9, nesterov=True, weight_decay=0.01),
    "schedule": dict(momentum=0.9, weight_decay=0.01),
}
RATES = {"schedule": [0.1, 0.05, 0.2]}


def adamw():
    """STEP.{parameter, mean, square}.N after each of three steps, of two groups that are moved apart."""
    random = torch.Generator().manual_seed(5)
    shapes = [(3,), (2, 4), (2, 2, 3)]
    parameters = [nn.Parameter(torch.randn(shape, generator=random)) for shape in shapes]
    tensors = {f"initial.{n}": value.detach().clone() for n, value in enumerate(parameters)}
    rates, decay, factor = [0.1, 0.05, 0.2], 0.05, 0.5
    groups = [
        {"params": parameters[1:], "weight_decay": decay, "factor": 1.0},
        {"params": parameters[:1], "weight_decay": 0.0, "factor": factor},
    ]
    optimizer = torch.optim.AdamW(groups)
    for step, rate in enumerate(rates, 1):
        for group in optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        for n, parameter in enumerate(parameters):
            parameter.grad = torch.randn(shapes[n], generator=random)
            tensors[f"gradient.{step}.{n}"] = parameter.grad.clone()
        optimizer.step()
        for n, parameter in enumerate(parameters):
            state = optimizer.state[parameter]
            tensors[f"{step}.parameter.{n}"] = parameter.detach().clone()
            tensors[f"{step}.mean.{n}"] = state["exp_avg"].clone()
            tensors[f"{step}.square.{n}"] = state["exp_avg_sq"].clone()
    about = f"rates {rates}; parameters 1 and 2 with weight decay {decay}, 0 without, its rate x {factor}"
    return tensors, {"about": about}


def consistency():
    """FixMatch's loss (arXiv:2001.07685) as its PyTorch versions write it, and its gradient.

    Two labelled pictures of five classes and six unlabelled ones; three weak views are sure enough, of which
    one is right, one is wrong, and the truth of one is not known.
    """
    random = torch.Generator().manual_seed(5)
    threshold, weight = 0.95, 0.5
    labelled = torch.randn(2, 5, generator=random)
    labels = torch.tensor([3, 0])
    weak = torch.randn(6, 5, generator=random)
    for row, best, logit in ((0, 1, 8.0), (1, 4, 9.0), (3, 2, 7.0), (5, 0, 3.0)):
        weak[row, best] = logit
    truth = torch.tensor([1, 3, 2, -1, 0, 0])
    strong = torch.randn(6, 5, generator=random)

    x, s = labelled.clone().requires_grad_(), strong.clone().requires_grad_()
    probabilities, targets = weak.softmax(-1).max(-1)
    mask = probabilities.ge(threshold).float()
    loss = functional.cross_entropy(x, labels) + weight * (
        functional.cross_entropy(s, targets, reduction="none") * mask
    ).mean()
    loss.backward()
    tensors = {
        "labelled": labelled, "labels": labels, "weak": weak, "truth": truth, "strong": strong,
        "mask": mask, "loss": loss, "grad": torch.cat([x.grad, s.grad]),
    }
    return tensors, {
        "about": "labels, truth (-1: not known): classes; loss: cross_entropy(labelled, labels) + weight * "
        "mean(cross_entropy(strong, argmax weak) * mask); grad: by labelled, then by strong",
        "threshold": str(threshold),
        "weight": str(weight),
    }


def sgd():
    """VARIANT.STEP.{parameter, momentum}.N after each of three steps from the same start."""
    random = torch.Generator().manual_seed(3)
    shapes = [(3,), (2, 4), (2, 2, 3)]
    initial = [torch.randn(shape, generator=random) for shape in shapes]
    gradients = [[torch.randn(shape, generator=random) for shape in shapes] for _ in range(3)]
    tensors = {f"initial.{n}": value for n, value in enumerate(initial)}
    for step, values in enumerate(gradients, 1):
        tensors |= {f"gradient.{step}.{n}": value for n, value in enumerate(values)}
    described = {}
    for variant, options in SGD_VARIANTS.items():
        parameters = [nn.Parameter(value.clone()) for value in initial]
        optimizer = torch.optim.SGD(parameters, lr=0.1, **options)
        rates = RATES.get(variant, [0.1] * 3)
        described[variant] = f"learning rates {rates}, {options}"
        for step in range(3):
            optimizer.param_groups[0]["lr"] = rates[step]
            for parameter, gradient in zip(parameters, gradients[step]):
                parameter.grad = gradient.clone()
            optimizer.step()
            for n, parameter in enumerate(parameters):
                tensors[f"{variant}.{step + 1}.parameter.{n}"] = parameter.detach().clone()
                momentum = optimizer.state[parameter].get("momentum_buffer")
                if momentum is not None:
                    tensors[f"{variant}.{step + 1}.momentum.{n}"] = momentum.clone()
    return tensors, described


def average():
    """VARIANT.STEP.{weight, bias, running_mean, running_var} after each of four changes of a batch norm."""
    random = torch.Generator().manual_seed(11)
    model = nn.BatchNorm1d(5)
    timms = {
        "plain": ModelEmaV3(model, decay=0.9),
        "warm": ModelEmaV3(model, decay=0.6, use_warmup=True),
    }
    torchs = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    tensors = {}
    for step in range(1, 5):
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.randn(value.shape, generator=random))
                tensors[f"{step}.{name}"] = value.clone()
        torchs.update_parameters(model)
        averages = {"torch": torchs}
        for variant, ema in timms.items():
            ema.update(model, step=step)
            averages[variant] = ema
        for variant, ema in averages.items():
            for name, value in ema.module.state_dict().items():
                if value.is_floating_point():
                    tensors[f"{variant}.{step}.{name}"] = value.clone()
    described = {
        "torch": "AveragedModel with get_ema_multi_avg_fn(0.9) and use_buffers",
        "plain": "timm's ModelEmaV3, decay 0.9",
        "warm": "timm's ModelEmaV3, decay 0.6 with warm-up",
    }
    return tensors, described


def probe():
    """Multinomial logistic regression on standardised features, at its optimum: DECAY.{weight, bias, loss}.

    The layer sees features as they are: the standardisation is folded into it.
    """
    random = torch.Generator().manual_seed(4)
    count, width, classes = 60, 5, 3
    labels = torch.arange(count) % classes
    centres = torch.randn(classes, width, generator=random)
    scales = torch.tensor([1.0, 10.0, 0.1, 3.0, 1.0])
    noise = torch.randn(count, width, generator=random)
    features = ((centres[labels] + 1.5 * noise) * scales + 5 * scales).float()
    features[:, 4] = 2  # One that never changes.
    tensors = {"features": features, "labels": labels}
    wide = features.double()
    mean, deviation = wide.mean(0), wide.std(0, correction=0)
    deviation[deviation < 1e-9] = 1
    rows = (wide - mean) / deviation
    for decay in (1.0, 0.01, 0.0001):
        weight = torch.zeros(classes, width, dtype=torch.float64, requires_grad=True)
        bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [weight, bias], max_iter=2000, tolerance_grad=1e-12, tolerance_change=0,
            line_search_fn="strong_wolfe",
        )

        def objective():
            optimizer.zero_grad()
            loss = functional.cross_entropy(rows @ weight.T + bias, labels)
            loss = loss + decay / 2 * (weight * weight).sum()
            loss.backward()
            return loss

        for _ in range(20):
            optimizer.step(objective)
        loss = objective()
        if weight.grad.norm() > 1e-8:
            raise RuntimeError(f"{decay}: not at its optimum: {weight.grad.norm()}")
        folded = weight.detach() / deviation
        tensors[f"{decay}.weight"] = folded
        tensors[f"{decay}.bias"] = bias.detach() - folded @ mean
        tensors[f"{decay}.loss"] = loss.detach()
    return tensors, {"about": "loss: mean cross-entropy + DECAY / 2 x the squared weights; by L-BFGS"}
