namespace Insulad.Logging;

/// <summary>How a log line looks.</summary>
internal enum LineStyle
{
    /// <summary>Time, level, category, text.</summary>
    Plain,

    /// <summary>The same with a coloured level.</summary>
    Coloured,

    /// <summary>For the journal: severity in angle brackets, no time.</summary>
    Journal,
}
