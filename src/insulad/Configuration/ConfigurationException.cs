namespace Insulad.Configuration;

/// <summary>The command line or the configuration file is wrong; the message says where and what would be right.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);
