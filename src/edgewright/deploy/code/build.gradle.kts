// Lines for the build file of an app's module. The assets and sources of this folder go below app/src/main.
android {
    defaultConfig {
        minSdk = 24
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

dependencies {
    // From Google's repository: google() among the repositories of settings.gradle.kts.
    implementation("com.google.ai.edge.litert:litert:@LITERT@")
}
