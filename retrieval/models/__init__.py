"""Local models: what turns texts into numbers, and the one place that knows runtimes, threads and memory."""
