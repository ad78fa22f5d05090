let boxes = @BOXES@
        let classes = @CLASSES@
        let scores = Array(@SCORES@@COUNT@)
        return ranked(scores).filter { scores[$0] >= threshold && scores[$0] > 0 }.map { place in
            let index = Int(classes[place].rounded(.toNearestOrEven))
            let box = self.box(Array(boxes[4 * place..<4 * place + 4]), prepared)
            return Found(index: index, label: name(labels, index), score: scores[place], box: box)
        }
