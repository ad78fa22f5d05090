var scores = @OUTPUT@
        @SOFTMAX@return ranked(scores).filter { scores[$0] >= threshold }.map { index in
            Found(index: index, label: name(labels, index), score: scores[index], box: nil)
        }
