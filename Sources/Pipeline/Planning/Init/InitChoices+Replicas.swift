import Files
import Models
import Recipes
import Torch
import Training

extension InitChoices {
  /// Lets two threads compute a half of each batch where an operation is too little work for both: on
  /// machines with several cores and without a GPU.
  func fitReplicas(_ recipe: inout Recipe) -> [Note] {
    guard start == nil, Device.available == [.cpu], Threads.cores > 1 else { return [] }
    return recipe.fittedTrainings.compactMap { stage, facts in
      let options = recipe.options(of: stage, classCount: labelled.classes)
      let batch = recipe[keyPath: facts.settings].batch
      guard batch % 2 == 0,
        let cost = try? ModelCatalog.cost(options, size: recipe.input.size),
        PoolSize.threads(
          multiplyAdds: cost.multiplyAdds, products: cost.products, batch: batch, most: 2) == 1
      else { return nil }
      recipe[keyPath: facts.settings].replicas = 2
      return Note(
        key: "\(facts.group).training.replicas",
        reason: "an operation is too little work for two threads; so each computes half of a batch")
    }
  }
}
