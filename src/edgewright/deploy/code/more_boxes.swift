
    private static func box(_ four: [Float], _ prepared: Preparation) -> [Double] {
        let corners = [@ORDER@].enumerated().map { side, place -> Double in
            let axis = side % 2
            let wide = Double(prepared.to[axis + 2] - prepared.to[axis])
            let scale = wide / (prepared.box[axis + 2] - prepared.box[axis])
            let corner = Double(four[place]) * Double(@UNIT@)
            let most = Double(axis == 0 ? prepared.pictureWidth : prepared.pictureHeight)
            return min(max(prepared.box[axis] + (corner - Double(prepared.to[axis])) / scale, 0), most)
        }
        return [min(corners[0], corners[2]), min(corners[1], corners[3]),
                max(corners[0], corners[2]), max(corners[1], corners[3])]
    }
