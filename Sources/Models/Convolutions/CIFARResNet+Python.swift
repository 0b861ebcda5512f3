extension CIFARResNet {
  /// The network as a class of PyTorch's.
  public var python: PythonDefinition? {
    PythonDefinition(
      """
      class Block(nn.Module):
          \"""relu(x + f(x)), where f is two 3x3 convolutions; the shortcut has no weights.\"""

          def __init__(self, channels_in, channels, stride):
              super().__init__()
              self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
              self.bn1 = nn.BatchNorm2d(channels)
              self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
              self.bn2 = nn.BatchNorm2d(channels)
              self.new_channels = channels - channels_in

          def forward(self, x):
              y = F.relu(self.bn1(self.conv1(x)))
              y = self.bn2(self.conv2(y))
              if self.new_channels:
                  # Every second pixel, with zeros for the new channels before and behind the others.
                  before = self.new_channels // 2
                  x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, before, self.new_channels - before))
              return F.relu(x + y)


      def stage(channels_in, channels, stride):
          first = Block(channels_in, channels, stride)
          return nn.Sequential(
              first, *(Block(channels, channels, 1) for _ in range(\(blocksPerStage) - 1)))


      class Network(nn.Module):
          \"""The residual network of \(6 * blocksPerStage + 2) layers that He et al. trained on CIFAR-10: \
      [N, \(options.inputChannels), H, W] -> [N, classes].\"""

          def __init__(self):
              super().__init__()
              self.conv1 = nn.Conv2d(\(options.inputChannels), 16, 3, 1, 1, bias=False)
              self.bn1 = nn.BatchNorm2d(16)
              self.layer1 = stage(16, 16, 1)
              self.layer2 = stage(16, 32, 2)
              self.layer3 = stage(32, 64, 2)
              self.linear = nn.Linear(64, \(options.classCount))

          def forward(self, x):
              x = F.relu(self.bn1(self.conv1(x)))
              x = self.layer3(self.layer2(self.layer1(x)))
              return self.linear(\(PythonDefinition.pooled(options.pooling)))
      """)
  }
}
