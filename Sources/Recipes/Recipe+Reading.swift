import Training

extension Recipe {
  /// Reads the recipe at `path`, then changes it by `overrides`, each `key.path=value`.
  ///
  /// What the file leaves out has its default; what `baseline.training` leaves out is the
  /// teacher's, and so are a loss and an augmentation that `fineTuning.training` leaves out. A path
  /// in the file is relative to the file's folder if it exists there, otherwise to the working
  /// directory; in an override it is the other way round. `~` is the home folder and `${VAR}` an
  /// environment variable; with `keepsUnset` one that is not set stays as it is written, which is
  /// enough for a dry run. The recipe that comes back holds absolute paths. Where a path leads to
  /// something in both folders, `note` is told which is taken.
  /// - Throws: `RecipeError` with file, line, what is wrong and what to do, for all that is wrong;
  ///   `FileError` when the file cannot be read.
  public init(
    contentsOf path: String, overrides: [String] = [], keepsUnset: Bool = false,
    note: (String) -> Void = { _ in }
  ) throws {
    self = try RecipeReading(
      contentsOf: path, overrides: overrides, keepsUnset: keepsUnset, note: note
    ).whole()
  }

  /// Reads a recipe from text; `file` is its name in errors, `folder` what its paths refer to.
  /// - Throws: as `init(contentsOf:overrides:)`.
  public init(
    yaml: String, file: String = "recipe", folder: String = ".", overrides: [String] = [],
    keepsUnset: Bool = false, note: (String) -> Void = { _ in }
  ) throws {
    self = try RecipeReading(
      yaml: yaml, file: file, folder: folder, overrides: overrides, keepsUnset: keepsUnset,
      note: note
    ).whole()
  }

  /// Refuses a recipe that was made or changed in code and cannot be followed.
  /// - Throws: `RecipeError` with all problems.
  public func validate() throws {
    _ = try RecipeReading(of: self).whole()
  }
}
