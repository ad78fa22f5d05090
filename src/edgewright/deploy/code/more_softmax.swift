
    private static func softmax(_ logits: [Float]) -> [Float] {
        let largest = Double(logits.max() ?? 0)
        let powers = logits.map { exp(Double($0) - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
    }
