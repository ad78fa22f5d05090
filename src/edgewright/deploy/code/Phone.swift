// Made by Edgewright of @MODEL@. Not tried: Swift was neither compiled nor run here.
import CoreGraphics
import Foundation
import TensorFlowLite

/// @TITLE@: pictures in, labels with scores out. For one thread at a time, and not for the main one.
public final class @CLASS@ {
    public enum Failure: Error { case missing(String), picture }

    private let model: Interpreter
    private let labels: [String]

    /// Open model.tflite and labels.txt of an app's bundle.
    public init(bundle: Bundle = .main, threads: Int = 2) throws {
        guard let file = bundle.path(forResource: "model", ofType: "tflite") else { throw Failure.missing("model.tflite") }
        guard let names = bundle.url(forResource: "labels", withExtension: "txt") else { throw Failure.missing("labels.txt") }
        var options = Interpreter.Options()
        options.threadCount = threads
        model = try Interpreter(modelPath: file, options: options)
        try model.allocateTensors()
        labels = try String(contentsOf: names, encoding: .utf8).components(separatedBy: "\n").dropLast().map { $0 }
    }

    /// What is in an upright picture, the surest first.
    public func find(in picture: CGImage) throws -> [Found] {
        guard let prepared = Preparation(picture) else { throw Failure.picture }
        try model.copy(prepared.tensor, toInputAt: 0)
        try model.invoke()
        let outputs = try (0..<model.outputTensorCount).map { try model.output(at: $0).data }
        return Answer.of(outputs, labels, prepared)
    }
}
