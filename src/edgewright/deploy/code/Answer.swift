// Made by Edgewright of @MODEL@. Not tried: Swift was neither compiled nor run here.
import Foundation

/// One thing that the model says; `box` is left, top, right and bottom in pixels of the picture, for a detector.
public struct Found {
    public let index: Int, label: String, score: Float, box: [Double]?
}

/// What the outputs of the model mean.
public enum Answer {
    /// Less sure things are left out.
    public static let threshold: Float = @THRESHOLD@

    /// The things found, the surest first; `outputs` are the bytes of all outputs in the order of the file.
    public static func of(_ outputs: [Data], _ labels: [String], _ prepared: Preparation) -> [Found] {
        @DECODE@
    }

    private static func name(_ labels: [String], _ index: Int) -> String {
        labels.indices.contains(index) ? labels[index] : "class \(index)"
    }

    /// Places by falling score; equal ones stay in their order.
    private static func ranked(_ scores: [Float]) -> [Int] {
        scores.indices.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }
    }

    /// The real numbers that an output stands for: "f" floats, "u" bytes, "s" signed bytes.
    private static func numbers(_ output: Data, _ kind: Character, _ scale: Float, _ zero: Float) -> [Float] {
        if kind == "f" {
            return output.withUnsafeBytes { bytes in
                (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
        }
        return output.map { byte in
            let stored = kind == "u" ? Float(byte) : Float(Int8(bitPattern: byte))
            return scale == 0 ? stored : (stored - zero) * scale
        }
    }
@MORE@}
