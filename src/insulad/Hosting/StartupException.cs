namespace Insulad.Hosting;

/// <summary>The daemon cannot start here; the message says why and what to do.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
