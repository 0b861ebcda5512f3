// Names the codec libraries for the linker; CImage includes their headers itself.
