namespace Insula.Api.Paths;

/// <summary>A JSONPath template cannot be read or evaluated; the message says where and why.</summary>
public sealed class JsonPathException : FormatException
{
    /// <summary>With the reason.</summary>
    public JsonPathException(string message)
        : base(message)
    {
    }

    /// <summary>Without a reason.</summary>
    public JsonPathException()
    {
    }

    /// <summary>With the reason and its cause.</summary>
    public JsonPathException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
