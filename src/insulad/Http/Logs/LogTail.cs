namespace Insulad.Http.Logs;

/// <summary>Finds where the last lines of a log begin.</summary>
internal static class LogTail
{
    /// <summary>
    /// The file and offset from which <paramref name="lines"/> lines follow. Partial records belong to the line that
    /// their final one ends. Files are scanned from the newest back, each forward, until there are enough.
    /// </summary>
    public static (int File, long Offset) Find(List<LogFile> files, long lines)
    {
        if (files.Count == 0)
        {
            return (0, 0);
        }

        var missing = lines;
        for (var i = files.Count - 1; i >= 0; i--)
        {
            // One more than is missing: the offset wanted is where the line before the wanted ones ends.
            var ends = LineEnds(files[i], missing + 1, out var total, out var end);
            if (missing == 0)
            {
                return (i, end);
            }

            if (total > missing)
            {
                return (i, ends.Peek());
            }

            // At exactly enough the loop goes on: the first line may begin with partial records in the file before.
            missing -= total;
        }

        return (0, 0);
    }

    /// <summary>Offsets behind the last complete lines of a file, oldest first.</summary>
    private static Queue<long> LineEnds(LogFile file, long most, out long total, out long end)
    {
        var ends = new Queue<long>();
        var buffer = new byte[64 * 1024];
        var kept = 0;
        var position = 0L;
        total = 0;
        int count;
        while ((count = file.Read(buffer.AsSpan(kept), position + kept)) > 0)
        {
            var available = kept + count;
            var used = 0;
            int newline;
            while ((newline = buffer.AsSpan(used, available - used).IndexOf((byte)'\n')) >= 0)
            {
                var complete = LogRecord.TryParse(buffer.AsSpan(used, newline), out var record) && !record.Partial;
                used += newline + 1;
                if (complete)
                {
                    total++;
                    ends.Enqueue(position + used);
                    if (ends.Count > most)
                    {
                        ends.Dequeue();
                    }
                }
            }

            if (used == 0 && available == buffer.Length)
            {
                used = available;
            }

            buffer.AsSpan(used, available - used).CopyTo(buffer);
            kept = available - used;
            position += used;
        }

        end = ends.Count > 0 ? ends.Last() : 0;
        return ends;
    }
}
