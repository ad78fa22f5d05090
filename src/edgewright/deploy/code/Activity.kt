// Made by Edgewright of @MODEL@. An example to copy from; not tried.
package edgewright.example

import android.app.Activity
import android.graphics.BitmapFactory
import android.net.Uri
import android.os.Bundle
import android.widget.TextView
import edgewright.@CLASS@
import kotlin.concurrent.thread

/** Shows what is in a picture that another app sends to this one. */
class MainActivity : Activity() {
    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        val text = TextView(this).also { setContentView(it) }
        val picture: Uri = intent.data ?: return
        thread {
            val bitmap = contentResolver.openInputStream(picture).use { BitmapFactory.decodeStream(it) }
            val found = @CLASS@(this, 2).use { it.find(bitmap) }
            runOnUiThread { text.text = found.take(5).joinToString("\n") { "${it.label} ${it.score}" } }
        }
    }
}
