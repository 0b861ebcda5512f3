// Filled in below this folder.
