// Made by Edgewright of @MODEL@. Not tried: neither compiled nor run.
// In place of @CLASS@.java, for who wants no Java of their own; the other files of Java are needed all the same.
package edgewright

import android.content.Context
import android.graphics.Bitmap
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.tensorflow.lite.Interpreter

/** @TITLE@: pictures in, labels with scores out. For one thread at a time, and not for that of the screen. */
class @CLASS@(context: Context, threads: Int) : AutoCloseable {
    private val labels = context.assets.open("edgewright/labels.txt").bufferedReader().use { it.readLines() }
    private val model = Interpreter(
        direct(context.assets.open("edgewright/model.tflite").use { it.readBytes() }),
        Interpreter.Options().apply { setNumThreads(threads) },
    ).apply { allocateTensors() }

    /** What is in a picture, upright, the surest first. */
    fun find(picture: Bitmap): List<Found> {
        val pixels = IntArray(picture.width * picture.height)
        picture.getPixels(pixels, 0, picture.width, 0, 0, picture.width, picture.height)
        val prepared = Preparation.of(pixels, picture.width, picture.height)
        val outputs = Array(model.outputTensorCount) { room(model.getOutputTensor(it).numBytes()) }
        val places = outputs.withIndex().associate { (place, output) -> place to (output as Any) }
        model.runForMultipleInputsOutputs(arrayOf<Any>(prepared.tensor), places)
        return Answer.of(outputs, labels, prepared)
    }

    override fun close() = model.close()

    private fun room(size: Int): ByteBuffer = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder())

    private fun direct(bytes: ByteArray): ByteBuffer = room(bytes.size).apply { put(bytes); rewind() }
}
