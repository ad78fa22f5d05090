// Made by Edgewright of @MODEL@. Not tried: Swift was neither compiled nor run here.
import CoreGraphics
import Foundation

/// A picture as the model takes it.
public struct Preparation {
    public static let height = @HEIGHT@, width = @WIDTH@, channels = @CHANNELS@
    @CONSTANTS@
    private static let precision = 22

    /// The input of the model.
    public let tensor: Data
    /// The part of the picture that is used, and the part of the input that it fills: left, top, right and bottom.
    public let box: [Double], to: [Int]
    public let pictureWidth: Int, pictureHeight: Int

    /// Prepare an upright picture.
    public init?(_ picture: CGImage) {
        let width = picture.width, height = picture.height
        var bytes = [UInt8](repeating: 255, count: width * height * 4)
        let drawn = bytes.withUnsafeMutableBytes { place -> Bool in
            guard let canvas = CGContext(
                data: place.baseAddress, width: width, height: height, bitsPerComponent: 8, bytesPerRow: width * 4,
                space: CGColorSpaceCreateDeviceRGB(), bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue)
            else { return false }
            canvas.draw(picture, in: CGRect(x: 0, y: 0, width: width, height: height)) // over the white that is there
            return true
        }
        guard drawn else { return nil }
        self.init(rgbx: bytes, width: width, height: height)
    }

    /// Prepare four bytes a pixel: red, green, blue, and one that does not count.
    public init(rgbx bytes: [UInt8], width: Int, height: Int) {
        @PLACE@
        let planes = (0..<Preparation.channels).map { channel -> [Int] in
            let plane = Preparation.plane(bytes, channel)
            let part = Preparation.resize(plane, width, height, box, to[2] - to[0], to[3] - to[1])
            return Preparation.bordered(part, to)
        }
        self.box = box
        self.to = to
        pictureWidth = width
        pictureHeight = height
        tensor = Preparation.tensor(planes)
    }

    /// What each byte of the fitted picture becomes; @MEANING@.
    private static func tensor(_ planes: [[Int]]) -> Data {
        var tensor = Data()
        tensor.reserveCapacity(height * width * channels * @BYTES@)
        @LOOPS@
        return tensor
    }

    private static func put(_ tensor: inout Data, _ value: Int, _ channel: Int) {
        @PUT@
    }

    private static func plane(_ bytes: [UInt8], _ channel: Int) -> [Int] {
        stride(from: 0, to: bytes.count, by: 4).map { at in
            if channels == 3 { return Int(bytes[at + channel]) }
            let red = Int(bytes[at]) * 19595, green = Int(bytes[at + 1]) * 38470, blue = Int(bytes[at + 2]) * 7471
            return (red + green + blue + 0x8000) >> 16
        }
    }

    private static func bordered(_ part: [Int], _ to: [Int]) -> [Int] {
        let wide = to[2] - to[0]
        if wide == width && to[3] - to[1] == height { return part }
        var plane = [Int](repeating: @PAD@, count: width * height)
        for y in to[1]..<to[3] {
            for x in to[0]..<to[2] {
                plane[y * width + x] = part[(y - to[1]) * wide + x - to[0]]
            }
        }
        return plane
    }

    /// Resize a part of a plane; the filter widens where much becomes little.
    private static func resize(
        _ plane: [Int], _ width: Int, _ height: Int, _ box: [Double], _ toWidth: Int, _ toHeight: Int
    ) -> [Int] {
        if downFirst(width, height, toWidth, toHeight) {
            return across(down(plane, width, height, box, toHeight), width, toHeight, box, toWidth)
        }
        return down(across(plane, width, height, box, toWidth), toWidth, height, box, toHeight)
    }

    /// Whether the height goes first: @ORDER@.
    private static func downFirst(_ width: Int, _ height: Int, _ toWidth: Int, _ toHeight: Int) -> Bool {
        return @VERTICAL@
    }

    private static func across(
        _ plane: [Int], _ width: Int, _ height: Int, _ box: [Double], _ toWidth: Int
    ) -> [Int] {
        let left = Float(box[0]), right = Float(box[2])
        if toWidth == width && left == 0 && right == Float(toWidth) { return plane }
        return pass(plane, width, left, right, toWidth, height, (1, width), (1, toWidth))
    }

    private static func down(
        _ plane: [Int], _ width: Int, _ height: Int, _ box: [Double], _ toHeight: Int
    ) -> [Int] {
        let top = Float(box[1]), bottom = Float(box[3])
        if toHeight == height && top == 0 && bottom == Float(toHeight) { return plane }
        return pass(plane, height, top, bottom, toHeight, width, (width, 1), (width, 1))
    }

    /// Filter lines whose pixels lie `from.0` apart and which begin `from.1` apart.
    private static func pass(
        _ plane: [Int], _ size: Int, _ start: Float, _ end: Float, _ count: Int, _ lines: Int,
        _ from: (Int, Int), _ into: (Int, Int)
    ) -> [Int] {
        var result = [Int](repeating: 0, count: count * lines)
        let scale = Double(end - start) / Double(count), wide = max(scale, 1), support = @SUPPORT@ * wide
        for place in 0..<count {
            let center = Double(start) + (Double(place) + 0.5) * scale
            let first = max(Int(center - support + 0.5), 0)
            let weights = self.weights(first, min(Int(center + support + 0.5), size), center, 1 / wide)
            for line in 0..<lines {
                var sum = 1 << (precision - 1)
                for (i, weight) in weights.enumerated() {
                    sum += plane[line * from.1 + (first + i) * from.0] * weight
                }
                result[line * into.1 + place * into.0] = max(0, min(255, sum >> precision))
            }
        }
        return result
    }

    private static func weights(_ first: Int, _ end: Int, _ center: Double, _ narrow: Double) -> [Int] {
        let exact = (first..<end).map { filter((Double($0) - center + 0.5) * narrow) }
        let sum = exact.reduce(0, +)
        return exact.map { one in
            let weight = (sum == 0 ? one : one / sum) * Double(1 << precision)
            return Int(weight < 0 ? weight - 0.5 : weight + 0.5)
        }
    }

    private static func filter(_ signed: Double) -> Double {
        let x = abs(signed)
        @FILTER@
    }
}
