// Says where libtorch is, through the generated libtorch.pc; CTorch includes its headers itself.
