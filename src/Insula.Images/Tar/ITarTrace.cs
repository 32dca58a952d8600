namespace Insula.Images.Tar;

/// <summary>Is told of all bytes of a tar that are no content somebody reads: headers, padding, what follows the end.</summary>
internal interface ITarTrace
{
    /// <summary>The next bytes of the tar.</summary>
    void Raw(ReadOnlySpan<byte> bytes);
}
