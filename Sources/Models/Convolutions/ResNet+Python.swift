extension ResNet {
  /// The network as a class of PyTorch's, with no more in it than this network has.
  public var python: PythonDefinition? {
    let parts = [excitationInPython, blockInPython, stageInPython, networkInPython]
    return PythonDefinition(parts.compactMap { $0 }.joined(separator: "\n\n\n"))
  }

  private var excitationInPython: String? {
    guard architecture.isExcited else { return nil }
    return """
      class SqueezeExcitation(nn.Module):
          \"""Multiplies each channel by a number from 0 to 1 that the means of all channels make.\"""

          def __init__(self, channels):
              super().__init__()
              reduced = max(8, (channels // 16 + 4) // 8 * 8)
              self.fc1 = nn.Conv2d(channels, reduced, 1)
              self.fc2 = nn.Conv2d(reduced, channels, 1)

          def forward(self, x):
              means = x.mean((2, 3), keepdim=True)
              return x * torch.sigmoid(self.fc2(F.relu(self.fc1(means))))
      """
  }

  private var blockInPython: String {
    let isBottleneck = architecture.bottleneck
    let groups = architecture.groups > 1 ? ", groups=\(architecture.groups)" : ""
    let convolutions =
      isBottleneck
      ? """
              self.conv1 = nn.Conv2d(channels_in, inner, 1, bias=False)
              self.bn1 = nn.BatchNorm2d(inner)
              self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1\(groups), bias=False)
              self.bn2 = nn.BatchNorm2d(inner)
              self.conv3 = nn.Conv2d(inner, channels, 1, bias=False)
              self.bn3 = nn.BatchNorm2d(channels)
      """
      : """
              self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
              self.bn1 = nn.BatchNorm2d(channels)
              self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
              self.bn2 = nn.BatchNorm2d(channels)
      """
    let shortcut =
      architecture.isD
      ? """
                  pool = nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)
                  self.downsample = nn.Sequential(
                      nn.Identity() if stride == 1 else pool,
                      nn.Conv2d(channels_in, channels, 1, bias=False), nn.BatchNorm2d(channels))
      """
      : """
                  self.downsample = nn.Sequential(
                      nn.Conv2d(channels_in, channels, 1, stride, bias=False),
                      nn.BatchNorm2d(channels))
      """
    let second =
      isBottleneck
      ? """
              y = F.relu(self.bn2(self.conv2(y)))
              y = self.bn3(self.conv3(y))
      """
      : """
              y = self.bn2(self.conv2(y))
      """
    let what =
      isBottleneck
      ? "1x1, 3x3 and 1x1 convolutions\(architecture.groups > 1 ? ", the middle one in groups" : "")"
      : "two 3x3 convolutions"
    return """
      class Block(nn.Module):
          \"""relu(shortcut(x) + f(x)), where f is \(what).\"""

          def __init__(self, channels_in, channels, stride\(isBottleneck ? ", inner" : "")):
              super().__init__()
      \(convolutions)\(architecture.isExcited ? "\n        self.se = SqueezeExcitation(channels)" : "")
              self.downsample = None
              if stride != 1 or channels_in != channels:
      \(shortcut)

          def forward(self, x):
              shortcut = x if self.downsample is None else self.downsample(x)
              y = F.relu(self.bn1(self.conv1(x)))
      \(second)\(architecture.isExcited ? "\n        y = self.se(y)" : "")
              return F.relu(shortcut + y)
      """
  }

  private var stageInPython: String {
    let inner = architecture.bottleneck ? ", inner" : ""
    return """
      def stage(channels_in, channels, blocks, stride\(inner)):
          first = Block(channels_in, channels, stride\(inner))
          return nn.Sequential(
              first, *(Block(channels, channels, 1\(inner)) for _ in range(blocks - 1)))
      """
  }

  private var networkInPython: String {
    let width = options.width
    var channels = width
    var stages: [String] = []
    for (index, count) in architecture.blocks.enumerated() {
      let planes = width << index
      let output = architecture.bottleneck ? 4 * planes : planes
      let inner =
        architecture.bottleneck
        ? ", inner=\(planes * architecture.widthPerGroup / 64 * architecture.groups)" : ""
      stages.append(
        "self.layer\(index + 1) = stage(\(channels), \(output), blocks=\(count), "
          + "stride=\(index > 0 ? 2 : 1)\(inner))")
      channels = output
    }
    let pooled = options.stem == .standard ? "\n        x = F.max_pool2d(x, 3, 2, 1)" : ""
    let names = architecture.blocks.indices.map { "self.layer\($0 + 1)" }.joined(separator: ", ")
    return """
      class Network(nn.Module):
          \"""\(options.model): [N, \(options.inputChannels), H, W] -> [N, classes].\"""

          def __init__(self):
              super().__init__()
      \(stemInPython)
              self.bn1 = nn.BatchNorm2d(\(width))
              \(stages.joined(separator: "\n        "))
              self.fc = nn.Linear(\(channels), \(options.classCount))

          def forward(self, x):
              x = F.relu(self.bn1(self.conv1(x)))\(pooled)
              for layer in (\(names),):
                  x = layer(x)
              return self.fc(\(PythonDefinition.pooled(options.pooling)))
      """
  }

  private var stemInPython: String {
    let (input, width) = (options.inputChannels, options.width)
    let stride = options.stem == .small ? 1 : 2
    guard architecture.isD else {
      let (kernel, padding) = options.stem == .standard ? (7, 3) : (3, 1)
      return
        "        self.conv1 = nn.Conv2d(\(input), \(width), \(kernel), \(stride), \(padding), bias=False)"
    }
    let half = width / 2
    return """
              self.conv1 = nn.Sequential(
                  nn.Conv2d(\(input), \(half), 3, \(stride), 1, bias=False), nn.BatchNorm2d(\(half)),
                  nn.ReLU(),
                  nn.Conv2d(\(half), \(half), 3, 1, 1, bias=False), nn.BatchNorm2d(\(half)), nn.ReLU(),
                  nn.Conv2d(\(half), \(width), 3, 1, 1, bias=False))
      """
  }
}
